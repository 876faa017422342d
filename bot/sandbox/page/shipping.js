/** The delivery part of a payment sheet: the address, and the ways of sending that the bot offers. */

import { el } from "./dom.js";
import { money, t } from "./language.js";
import { sheetButton } from "./sheets.js";

/** A person's address is made up, as their card is. */
const SAMPLE = {
  country_code: "RU",
  state: "",
  city: "Москва",
  street_line1: "Тестовая улица, 1",
  street_line2: "",
  post_code: "101000",
};
const SHOWN = ["country_code", "city", "street_line1", "post_code"];

export class Delivery {
  /**
   * @param {{currency: string, total_amount: number, flexible?: boolean}} invoice
   * @param {(address: object) => Promise<object|null>} ask asks the bot for its options, null after a refusal
   * @param {(total: number|null) => void} chosen the new total, null while nothing is chosen
   */
  constructor(invoice, ask, chosen) {
    Object.assign(this, { invoice, ask, chosen, option: null });
    this.fields = SHOWN.map((name) => this.field(name));
    this.options = el("div", { class: "shipping-options", role: "radiogroup", "aria-label": t("shipping") });
    const find = sheetButton(t("shippingAsk"), () => this.find(), "plain", "shipping-ask");
    this.node = el(
      "div",
      { class: "shipping" },
      ...this.fields,
      ...(invoice.flexible ? [find, this.options] : []),
    );
  }

  field(name) {
    const input = el("input", { name, value: SAMPLE[name], autocomplete: "off", "data-testid": `address-${name}` });
    input.addEventListener("input", () => this.changed());
    return el("label", {}, t(name), input);
  }

  address() {
    const typed = this.fields.map((label) => label.querySelector("input"));
    return { ...SAMPLE, ...Object.fromEntries(typed.map((input) => [input.name, input.value])) };
  }

  /** What the payment says of it. */
  body() {
    return { address: this.address(), ...(this.option ? { shipping_option: this.option.id } : {}) };
  }

  get ready() {
    return !this.invoice.flexible || this.option !== null;
  }

  /** Offers are for one address only. */
  changed() {
    this.options.replaceChildren();
    this.choose(null);
  }

  async find() {
    const offered = await this.ask(this.address());
    this.changed();
    if (offered) this.options.replaceChildren(...offered.options.map((option) => this.row(option)));
  }

  row(option) {
    const radio = el("input", {
      type: "radio",
      name: "shipping",
      "data-testid": "shipping-option",
      onchange: () => this.choose(option),
    });
    const price = money(option.total_amount, this.invoice.currency);
    return el("label", { class: "line" }, radio, el("span", {}, option.title), el("b", {}, price));
  }

  choose(option) {
    this.option = option;
    this.chosen(option || !this.invoice.flexible ? this.total() : null);
  }

  total() {
    return this.invoice.total_amount + (this.option?.total_amount ?? 0);
  }
}
