/** One message as a node: bubble, time, inline keyboard. */

import { el, icon, iconButton } from "./dom.js";
import { formatted } from "./format.js";
import { inlineKeyboard } from "./keyboards.js";
import { attachment, serviceNote, summary } from "./media.js";
import { invoiceCard } from "./invoice.js";
import { pollCard } from "./poll.js";
import { richContent } from "./rich.js";
import { clock, t } from "./language.js";

/**
 * @param {object} message Bot API message with `outgoing`
 * @param {object} actions what a press leads to: command, link, copy, callback, menu, pay, vote, goTo, tell
 * @param {import("./api.js").Api} api
 */
export function messageNode(message, actions, api) {
  const attributes = {
    "data-testid": "message",
    "data-message-id": message.message_id,
    "data-outgoing": String(Boolean(message.outgoing)),
  };
  const note = serviceNote(message);
  if (note)
    return el("article", { class: "message service", ...attributes }, el("p", { class: "note" }, note));
  const side = message.outgoing ? "outgoing" : "incoming";
  const node = el("article", {
    class: `message ${side}`,
    "aria-label": speaker(message, actions),
    ...attributes,
  });
  node.append(el("div", { class: "row" }, bubble(message, actions, api), menuButton(message, actions)));
  const keyboard = inlineKeyboard(message, actions);
  if (keyboard) node.append(keyboard);
  node.addEventListener("contextmenu", (event) => openMenu(event, message, node, actions));
  return node;
}

function speaker(message, actions) {
  return `${message.outgoing ? t("you") : actions.botName()}, ${clock(message.date)}`;
}

function bubble(message, actions, api) {
  const [text, entities] =
    message.text === undefined
      ? [message.caption, message.caption_entities]
      : [message.text, message.entities];
  const media = attachment(message, api);
  const classes = [
    "bubble",
    message.sticker && "bare",
    (message.photo || message.video || message.animation) && "has-media",
  ];
  const words = text ? el("div", { class: "text", dir: "auto" }, formatted(text, entities, actions)) : null;
  const above = message.show_caption_above_media;
  return el(
    "div",
    { class: classes.filter(Boolean).join(" ") },
    quote(message.reply_to_message, message.quote?.text, actions),
    above && words,
    media,
    message.invoice ? invoiceCard(message) : null,
    message.poll ? pollCard(message, actions) : null,
    message.rich_message ? richContent(message.rich_message, actions, api) : null,
    !above && words,
    reactions(message),
    stamp(message),
  );
}

/** `part` is what the reply picked of the message. */
function quote(message, part, actions) {
  if (!message) return null;
  const who = message.outgoing || !message.from?.is_bot ? t("you") : actions.botName();
  return el(
    "button",
    { type: "button", class: "quote", onclick: () => actions.goTo(message.message_id) },
    el("b", {}, who),
    el("span", {}, part ?? summary(message)),
  );
}

function reactions({ bot_reaction: bot, own_reaction: own }) {
  const marks = [bot, own].filter(Boolean);
  if (!marks.length) return null;
  return el(
    "div",
    { class: "reactions", "data-testid": "reactions" },
    ...marks.map((emoji) => el("span", { class: "reaction" }, emoji)),
  );
}

function stamp(message) {
  // A bot rewrites its menus all the time: clients do not call them edited.
  const edited = message.edit_date && message.outgoing ? el("span", { class: "edited" }, t("edited")) : null;
  const time = el("time", { datetime: new Date(message.date * 1000).toISOString() }, clock(message.date));
  return el("span", { class: "stamp" }, edited, time, message.outgoing ? icon("check") : null);
}

function menuButton(message, actions) {
  const button = iconButton("more", t("actions"), {
    class: "icon-button message-menu",
    "aria-haspopup": "menu",
    "data-testid": "message-menu",
  });
  button.addEventListener("click", () => actions.menu(message, button));
  return button;
}

/** Right button and long press open the message's menu, unless they meant a link or a selection. */
function openMenu(event, message, node, actions) {
  if (event.target.closest("a, img") || !getSelection().isCollapsed) return;
  event.preventDefault();
  actions.menu(message, node.querySelector(".message-menu"));
}
