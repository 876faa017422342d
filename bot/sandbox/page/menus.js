/** The menus of the chat and of a single message. */

import { copyText } from "./composer.js";
import { language, t } from "./language.js";
import { popup } from "./sheets.js";

const REACTION = "👍";

/** @param {{block: (blocked: boolean) => void, groups: () => void, clock: (() => void) | false, faults: () => void}} actions */
export function openChatMenu(anchor, blocked, actions) {
  popup(anchor, [
    {
      text: t(blocked ? "unblock" : "block"),
      icon: "block",
      testid: "block",
      action: () => actions.block(!blocked),
    },
    { text: t("groups"), icon: "person", testid: "menu-groups", action: actions.groups },
    ...(actions.clock ? [{ text: t("clock"), icon: "clock", testid: "menu-clock", action: actions.clock }] : []),
    { text: t("faults"), icon: "sliders", testid: "menu-faults", action: actions.faults },
    { text: t("dashboard"), icon: "chart", href: `/dashboard?lang=${language()}` },
    { text: t("mail"), icon: "mail", href: `/mail?lang=${language()}` },
  ]);
}

/**
 * @param {(kind: "reply"|"edit", message: object) => void} enterMode
 * @param {(emoji: string|null) => void} react
 */
export function openMessageMenu(anchor, message, enterMode, react) {
  const text = message.text ?? message.caption;
  const reply = {
    text: t("reply"),
    icon: "reply",
    testid: "menu-reply",
    action: () => enterMode("reply", message),
  };
  const edit = {
    text: t("edit"),
    icon: "edit",
    testid: "menu-edit",
    action: () => enterMode("edit", message),
  };
  const copy = { text: t("copy"), icon: "copy", testid: "menu-copy", action: () => copyText(text) };
  const mark = {
    text: t(message.own_reaction ? "unreact" : "react", { emoji: REACTION }),
    icon: "smile",
    testid: "menu-react",
    action: () => react(message.own_reaction ? null : REACTION),
  };
  const isOwn = message.outgoing && message.text !== undefined;
  popup(anchor, [reply, ...(isOwn ? [edit] : []), ...(text ? [copy] : []), mark]);
}
