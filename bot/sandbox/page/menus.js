/** The menus of the chat and of a single message. */

import { copyText } from "./composer.js";
import { t } from "./language.js";
import { popup } from "./sheets.js";

/** @param {{block: (blocked: boolean) => void, faults: () => void}} actions */
export function openChatMenu(anchor, blocked, actions) {
  popup(anchor, [
    {
      text: t(blocked ? "unblock" : "block"),
      icon: "block",
      testid: "block",
      action: () => actions.block(!blocked),
    },
    { text: t("faults"), icon: "sliders", testid: "menu-faults", action: actions.faults },
    { text: t("dashboard"), icon: "chart", href: "/dashboard" },
  ]);
}

/** @param {(kind: "reply"|"edit", message: object) => void} enterMode */
export function openMessageMenu(anchor, message, enterMode) {
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
  const isOwn = message.outgoing && message.text !== undefined;
  popup(anchor, [reply, ...(isOwn ? [edit] : []), ...(text ? [copy] : [])]);
}
