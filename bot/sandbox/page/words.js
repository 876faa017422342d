/** Everything the page says, in Russian and English. */

import { EN } from "./words.en.js";
import { RU } from "./words.ru.js";

export const WORDS = { ru: RU, en: EN };

/** Keys that one language has and the other lacks; the page's test wants none. */
export function missingWords() {
  const [ru, en] = [Object.keys(WORDS.ru), Object.keys(WORDS.en)];
  return [...ru.filter((key) => !(key in WORDS.en)), ...en.filter((key) => !(key in WORDS.ru))];
}
