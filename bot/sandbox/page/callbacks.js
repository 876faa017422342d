/** Presses of inline buttons: each waits for its own answer, which may overtake the press being acknowledged. */

import { alertSheet, toast } from "./sheets.js";
import { t } from "./language.js";

/** Telegram's clients stop the button's spinner after about this long. */
const WAIT_MS = 15_000;

export class Callbacks {
  /** @param {(event: Event, url: string) => void} follow */
  constructor(model, api, follow) {
    Object.assign(this, { model, api, follow, waiting: new Map(), early: new Map(), inFlight: 0 });
  }

  /** Resolves when the bot has answered, or nobody may expect that any more. */
  async press(message, data) {
    this.inFlight += 1;
    const pressed = await this.api.press(this.model.person, message.message_id, data).catch((error) => error);
    this.inFlight -= 1;
    if (pressed instanceof Error) return toast(t("notSent", { why: pressed.message || t("unreachable") }));
    const id = pressed.callback_query_id;
    const answer = this.early.get(id) ?? (await this.answerTo(id));
    this.early.delete(id);
    return answer ? this.show(answer) : toast(t("buttonGone"));
  }

  answerTo(id) {
    return new Promise((resolve) => {
      const done = (answer) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(done, WAIT_MS, null);
      this.waiting.set(id, done);
    });
  }

  /** Answers to presses made in other windows are not ours to show. */
  answered(event) {
    const waiting = this.waiting.get(event.callback_query_id);
    if (waiting) waiting(event);
    else if (this.inFlight) this.early.set(event.callback_query_id, event);
  }

  show({ text, show_alert: alert, url }) {
    if (url && URL.canParse(url)) return this.open(url);
    if (!text) return undefined;
    return alert ? alertSheet(text) : toast(text);
  }

  open(url) {
    let ours = false;
    this.follow({ preventDefault: () => (ours = true) }, url);
    if (!ours && /^https?:/.test(url)) window.open(url, "_blank", "noopener");
  }
}
