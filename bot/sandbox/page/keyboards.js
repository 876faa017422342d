/** Inline keyboards under messages, and the reply keyboard under the composer. */

import { makePoll, sharePlace } from "./attach.js";
import { byId, el, icon } from "./dom.js";
import { sheet, sheetButton, toast } from "./sheets.js";
import { money, t } from "./language.js";

/** @returns {HTMLElement|null} */
export function inlineKeyboard(message, actions) {
  const rows = message.reply_markup?.inline_keyboard ?? payRow(message);
  if (!rows?.length) return null;
  return el(
    "div",
    { class: "inline-keyboard" },
    ...rows.map((row) => el("div", { class: "keys" }, ...row.map((key) => inlineKey(key, message, actions)))),
  );
}

/** Telegram adds the Pay button by itself to an invoice without a keyboard. */
function payRow(message) {
  return message.invoice
    ? [
        [
          {
            text: t("pay", { sum: money(message.invoice.total_amount, message.invoice.currency) }),
            pay: true,
          },
        ],
      ]
    : null;
}

function inlineKey(key, message, actions) {
  if (key.pay) return payKey(key, message, actions);
  if (key.disabled) return disabledKey(key);
  const url = key.url ?? key.login_url?.url ?? key.web_app?.url;
  if (url) return urlKey(key.text, url, actions);
  const button = el(
    "button",
    { type: "button", class: "key", "data-testid": "inline-button", "data-callback": key.callback_data },
    el("span", {}, key.text),
  );
  button.addEventListener("click", () => press(key, message, button, actions));
  return button;
}

function disabledKey(key) {
  const attributes = { type: "button", class: "key off", "data-testid": "inline-button", disabled: true };
  return el("button", attributes, el("span", {}, key.text));
}

function urlKey(text, url, actions) {
  const open = (event) => actions.link(event, url);
  const attributes = {
    class: "key",
    "data-testid": "inline-button",
    href: url,
    target: "_blank",
    rel: "noopener noreferrer",
    onclick: open,
  };
  return el(
    "a",
    { ...attributes, "aria-label": `${text}, ${t("openLink")}` },
    el("span", {}, text),
    icon("open"),
  );
}

function payKey(key, message, actions) {
  const { currency, total_amount: total } = message.invoice;
  const text = message.paid
    ? t("paid")
    : key.text.replace(/⭐️?|XTR/g, "★") || t("pay", { sum: money(total, currency) });
  const attributes = {
    type: "button",
    class: "key",
    "data-testid": "invoice-pay",
    disabled: Boolean(message.paid),
  };
  return el(
    "button",
    { ...attributes, onclick: () => actions.pay(message) },
    message.paid ? icon("check") : null,
    el("span", {}, text),
  );
}

async function press(key, message, button, actions) {
  if (key.copy_text) return actions.copy(key.copy_text.text);
  if (key.callback_data === undefined) return toast(t("noInline"));
  if (button.classList.contains("waiting")) return undefined;
  button.classList.add("waiting");
  button.setAttribute("aria-busy", "true");
  await actions.callback(message, key.callback_data);
  button.classList.remove("waiting");
  return button.removeAttribute("aria-busy");
}

/** The bot's reply keyboard for the person who writes now. */
export class ReplyKeyboard {
  /** @param {{person: () => object, send: (message: object) => Promise<void>}} actions */
  constructor(model, actions) {
    Object.assign(this, { model, actions, box: byId("reply-keyboard"), toggle: byId("keyboard-toggle") });
    this.toggle.addEventListener("click", () =>
      model.hideKeyboard(model.person, !model.keyboardHidden(model.person)),
    );
  }

  render() {
    const { person } = this.model;
    const keyboard = person ? this.model.chat(person).replyKeyboard : null;
    const rows = keyboard?.keyboard ?? [];
    const hidden = !rows.length || this.model.keyboardHidden(person);
    this.box.replaceChildren(
      ...rows.map((row) => el("div", { class: "keys" }, ...row.map((key) => this.key(key, keyboard)))),
    );
    this.box.hidden = hidden;
    this.box.classList.toggle("tall", !keyboard?.resize_keyboard);
    this.toggle.hidden = !rows.length;
    const label = t(hidden ? "keyboardShow" : "keyboardHide");
    Object.entries({ "aria-label": label, title: label, "aria-expanded": !hidden }).forEach(([name, value]) =>
      this.toggle.setAttribute(name, value),
    );
  }

  key(key, keyboard) {
    const description = typeof key === "string" ? { text: key } : key;
    const press = () => this.press(description, keyboard);
    return el(
      "button",
      { type: "button", class: "key", "data-testid": "reply-button", onclick: press },
      el("span", {}, description.text),
    );
  }

  press(key, keyboard) {
    const hide = () => keyboard.one_time_keyboard && this.model.hideKeyboard(this.model.person, true);
    if (key.request_contact)
      return confirmContact(this.actions.person(), () => this.actions.send({ contact: "own" }).then(hide));
    if (key.request_location) return sharePlace((place) => this.actions.send(place).then(hide));
    if (key.request_poll)
      return makePoll((poll) => this.actions.send(poll).then(hide), key.request_poll.type);
    if (key.web_app) return window.open(key.web_app.url, "_blank", "noopener");
    if (key.request_users || key.request_chat) return toast(t("noInline"));
    hide();
    return this.actions.send({ text: key.text });
  }
}

/** Telegram never gives a phone number away without asking. */
export function confirmContact(person, share) {
  if (!person.phone) return toast(t("noPhone"));
  const dialog = sheet(t("shareTitle"), [el("p", {}, t("shareText", { phone: person.phone }))]);
  const confirm = () => {
    dialog.close();
    share();
  };
  const buttons = [
    sheetButton(t("share"), confirm, "primary", "contact-confirm"),
    sheetButton(t("cancel"), () => dialog.close()),
  ];
  dialog.append(el("div", { class: "sheet-buttons" }, ...buttons));
  return buttons[0].focus();
}
