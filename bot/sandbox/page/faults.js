/** What should go wrong: whole bad days at one press, every switch behind "details". */

import { byId, el } from "./dom.js";
import { sheet, sheetButton, toast } from "./sheets.js";
import { language, t } from "./language.js";

const REFRESH_MS = 2000;

export class FaultPanel {
  constructor(api) {
    Object.assign(this, {
      api,
      values: {},
      model: null,
      inputs: new Map(),
      presets: new Map(),
      button: byId("faults"),
    });
    this.button.addEventListener("click", () => this.open());
  }

  /** Also lights the mark at the button: a forgotten fault looks like a broken bot. */
  async refresh() {
    this.values = await this.api.faults().catch(() => this.values);
    const on = Object.values(this.values).some((value) => Number(value) > 0);
    this.button.classList.toggle("on", on);
    this.button.setAttribute("aria-label", t(on ? "faultsOn" : "faults"));
    for (const [{ name, kind }, input] of this.inputs)
      if (input !== document.activeElement) fill(input, kind, this.values[name]);
    for (const [preset, button] of this.presets)
      button.setAttribute("aria-pressed", String(this.standsAt(preset)));
  }

  standsAt(preset) {
    return Object.entries(this.values).every(
      ([name, value]) => Number(value) === Number(preset.values[name] ?? 0),
    );
  }

  async open() {
    this.model ??= await this.api.faultModel().catch(() => null);
    if (!this.model) return toast(t("unreachable"));
    const presets = el("div", { class: "presets", role: "group", "aria-label": t("faults") });
    presets.append(...this.model.presets.map((preset) => this.preset(preset)));
    const sides = Object.keys(this.model.sides).map((side) => this.side(side));
    const details = el("details", {}, el("summary", { "data-testid": "fault-details" }, t("details")), ...sides);
    const timer = setInterval(() => this.refresh(), REFRESH_MS);
    const dialog = sheet(t("faults"), [el("p", {}, t("faultsNote")), presets, details], {
      class: "faults",
      onclose: () => this.closed(timer),
    });
    dialog.append(sheetButton(t("close"), () => dialog.close()));
    await this.refresh();
    details.open = !this.model.presets.some((preset) => this.standsAt(preset));
    return dialog;
  }

  closed(timer) {
    clearInterval(timer);
    this.inputs.clear();
    this.presets.clear();
  }

  preset(preset) {
    const use = () => this.apply(() => this.api.usePreset(preset.name));
    const button = el(
      "button",
      { type: "button", class: "preset", "data-testid": `preset-${preset.name}`, onclick: use },
      inWords(preset.words),
    );
    this.presets.set(preset, button);
    return button;
  }

  side(side) {
    const switches = this.model.switches.filter((one) => one.side === side);
    const title = inWords(this.model.sides[side]);
    return el("fieldset", {}, el("legend", {}, title), ...switches.map((one) => this.row(one)));
  }

  row(fault) {
    const { name, kind } = fault;
    const max = { probability: 100, seconds: 3600 }[kind] ?? 10_000;
    const limits = { min: 0, step: kind === "seconds" ? 0.1 : 1, max };
    const attributes = kind === "flag" ? { type: "checkbox" } : { type: "number", ...limits };
    const input = el("input", {
      ...attributes,
      "data-testid": `fault-${name}`,
      onchange: () => this.changed(fault, input),
    });
    fill(input, kind, this.values[name]);
    this.inputs.set(fault, input);
    const unit = kind === "flag" ? null : el("span", { class: "unit" }, inWords(this.model.units[kind]));
    return el(
      "label",
      { class: "fault" },
      el("span", {}, inWords(fault.words)),
      el("span", { class: "fault-value" }, input, unit),
    );
  }

  changed({ name, kind }, input) {
    if (!input.checkValidity()) return input.reportValidity();
    const number = Number(input.value || 0);
    const value = { flag: input.checked, probability: number / 100 }[kind] ?? number;
    return this.apply(() => this.api.setFaults({ [name]: value }));
  }

  async apply(change) {
    await change().catch((error) => toast(error.message || t("unreachable")));
    await this.refresh();
  }
}

/** The server sends English first. */
function inWords([english, russian]) {
  return language() === "ru" ? russian : english;
}

function fill(input, kind, value) {
  if (kind === "flag") input.checked = Boolean(value);
  else input.value = kind === "probability" ? Math.round((value ?? 0) * 100) : (value ?? 0);
}
