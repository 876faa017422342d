/** Invoices: the card in the chat and the payment sheet, by card or by Stars. */

import { el, fullName } from "./dom.js";
import { sheet, sheetButton, toast } from "./sheets.js";
import { money, t } from "./language.js";
import { Delivery } from "./shipping.js";

export function invoiceCard(message) {
  const { title, description, currency, total_amount: total } = message.invoice;
  return el(
    "div",
    { class: "invoice" },
    el("h3", {}, title),
    el("p", {}, description),
    el(
      "p",
      { class: "price" },
      el("b", {}, money(total, currency)),
      el("span", { class: "faint" }, ` · ${t(message.paid ? "paid" : "invoice")}`),
    ),
  );
}

/** The sheet stays open after a refusal, so that another way of paying can be tried, as in Telegram. */
export class PaymentSheet {
  /**
   * @param {object} invoice of the Bot API
   * @param {{message_id: number}|{link: string}} bill where it came from
   * @param {{model: import("./model.js").Model, api: import("./api.js").Api}} context
   */
  constructor(invoice, bill, { model, api }) {
    Object.assign(this, {
      invoice,
      bill,
      model,
      api,
      owner: model.person,
      sum: money(invoice.total_amount, invoice.currency),
      done: false,
    });
    this.stars = invoice.currency === "XTR";
    this.status = el("p", { class: "pay-status", role: "status", "data-testid": "pay-status" });
    this.balance = el("p", { class: "balance" });
    this.payer = this.payerSelect();
    this.delivery = invoice.needs_address
      ? new Delivery(invoice, (address) => this.askDelivery(address), (total) => this.showTotal(total))
      : null;
    this.total = el("b", {}, this.sum);
    this.buttons = el("div", { class: "sheet-buttons" }, ...this.choices());
    this.dialog = sheet(t("payTitle"), this.content(), { onclose: () => this.closed(), class: "payment" });
    this.showBalance();
    this.busy(false);
    this.buttons.querySelector("button").focus();
  }

  content() {
    const { title, description } = this.invoice;
    const total = el("p", { class: "line" }, el("span", {}, t("total")), this.total);
    const card = el("p", { class: "line" }, el("span", {}, t("testCard")), el("span", {}, "•••• 4444"));
    const payer = el("label", { class: "line" }, el("span", {}, t("payer")), this.payer);
    return [
      el("h3", {}, title),
      el("p", {}, description),
      payer,
      this.stars ? this.balance : card,
      this.delivery?.node,
      total,
      this.status,
      this.buttons,
    ].filter(Boolean);
  }

  /** A forwarded invoice can be paid by someone else; the bot has to notice. */
  payerSelect() {
    const options = this.model.people.map((person) =>
      el("option", { value: person.id, selected: person.id === this.owner }, fullName(person)),
    );
    return el("select", { "data-testid": "payer", onchange: () => this.showBalance() }, ...options);
  }

  choices() {
    const close = sheetButton(t("payClose"), () => this.dialog.close(), "plain", "pay-close");
    const confirm = t(this.stars ? "starsPay" : "payConfirm", { sum: this.sum });
    const pay = sheetButton(confirm, () => this.act("pay"), "primary", "pay-confirm");
    const second = this.stars
      ? sheetButton(t("starsTopUp"), () => this.topUp(), "plain", "stars-top-up")
      : sheetButton(t("payDecline"), () => this.act("decline"), "danger", "pay-decline");
    return [pay, second, close];
  }

  get payerId() {
    return Number(this.payer.value);
  }

  showBalance() {
    const { stars } = this.model.people.find((person) => person.id === this.payerId) ?? {};
    this.balance.replaceChildren(
      el("span", {}, t("starsBalance")),
      el("b", {}, stars === undefined ? "★" : money(stars, "XTR")),
    );
    this.balance.className = "line";
  }

  /** Null while one of the bot's ways of delivery has to be chosen. */
  showTotal(total) {
    const sum = money(total ?? this.invoice.total_amount, this.invoice.currency);
    this.total.textContent = total === null ? "…" : sum;
    this.buttons.firstElementChild.textContent = t("payConfirm", { sum });
    this.busy(false);
  }

  /** What the bot offers, null after its refusal was shown. */
  async askDelivery(address) {
    const offered = await this.request("ship", { address });
    if (offered.status === "shipping") return offered;
    this.say(this.reason(offered), true);
    return null;
  }

  /** The server's answer; a failed request is one, too. */
  async request(action, delivery) {
    this.busy(true);
    this.say(t("paying"));
    const result = await this.api
      .pay(this.owner, this.bill, action, this.payerId, delivery)
      .catch((error) => ({ error_message: error.message || t("unreachable") }));
    this.busy(false);
    this.say("");
    return result;
  }

  async topUp() {
    const failed = await this.api.topUp(this.payerId, 1000).catch((error) => error);
    if (failed instanceof Error) return this.say(failed.message, true);
    this.model.people = await this.api.people();
    return this.showBalance();
  }

  async act(action) {
    const result = await this.request(action, this.delivery?.body());
    return result.status === "paid" ? this.paid() : this.say(this.reason(result), true);
  }

  /** Only a refusal brings words of the bot's own. */
  reason({ status, error_message: words }) {
    switch (status) {
      case "declined":
        return t(this.stars ? "statusPoor" : "statusDeclined");
      case "timeout":
        return t("statusTimeout");
      case "refused":
        return `${t("statusRefused")} ${words}`;
      default:
        return words;
    }
  }

  async paid() {
    this.done = true;
    this.dialog.close();
    toast(t("statusPaid"));
    this.model.people = await this.api.people().catch(() => this.model.people);
  }

  /** Closing the sheet is an event of its own for the server; nothing depends on its answer. */
  closed() {
    if (!this.done) this.api.pay(this.owner, this.bill, "close", this.payerId).catch(() => undefined);
  }

  /** Without a way of delivery there is nothing to pay yet. */
  busy(on) {
    for (const button of this.buttons.children) button.disabled = on;
    const [pay, second] = this.buttons.children;
    if (this.delivery && !this.delivery.ready) pay.disabled = second.disabled = true;
  }

  say(text, isError = false) {
    this.status.textContent = text;
    this.status.classList.toggle("error", isError);
  }
}
