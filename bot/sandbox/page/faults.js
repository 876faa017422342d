/** The fault switches: what should go wrong, in words. */

import { byId, el } from "./dom.js";
import { sheet, sheetButton, toast } from "./sheets.js";
import { language, t } from "./language.js";

/** kind: count (next N calls), chance (0…1, shown in percent), seconds, times, flag. */
const SWITCHES = {
  telegram_429: [
    "count",
    "Слишком много запросов (429), ближайшие вызовы",
    "Too many requests (429), next calls",
  ],
  telegram_5xx: ["count", "Ошибка Telegram (5xx), ближайшие вызовы", "Telegram error (5xx), next calls"],
  telegram_slow: ["seconds", "Задержка каждого вызова", "Delay of every call"],
  telegram_drop: [
    "count",
    "Вызов исполнен, но связь оборвана до ответа, ближайшие вызовы",
    "Call executed, connection cut before the answer, next calls",
  ],
  telegram_bank: ["seconds", "От согласия бота до списания", "From the bot's yes to the charge"],
  provider_5xx: ["chance", "Ошибка провайдера (5xx)", "Provider error (5xx)"],
  provider_html_502: ["chance", "Страница 502 вместо JSON", "A 502 page instead of JSON"],
  provider_cut: [
    "chance",
    "Запрос исполнен, связь оборвана до ответа",
    "Request executed, connection cut before the answer",
  ],
  provider_cut_before: ["chance", "Связь оборвана до исполнения", "Connection cut before execution"],
  provider_slow: ["seconds", "Задержка каждого ответа", "Delay of every answer"],
  provider_down: ["flag", "Провайдер недоступен", "Provider is down"],
  provider_broken_json: ["chance", "Испорченный JSON в ответе", "Broken JSON in the answer"],
  callback_lost: ["chance", "Уведомление теряется", "Notification is lost"],
  callback_repeat: ["times", "Повторов каждого уведомления", "Repeats of every notification"],
  callback_delay: ["seconds", "Уведомление опаздывает на", "Notification is late by"],
  callback_shuffle: ["flag", "Уведомления приходят не по порядку", "Notifications come out of order"],
  callback_forge: [
    "chance",
    "Подделка перед настоящим уведомлением",
    "A forged notification before the true one",
  ],
};
const GROUPS = [
  ["telegram_", "telegramSide"],
  ["provider_", "providerSide"],
  ["callback_", "callbackSide"],
];
const UNITS = { count: "times", times: "times", seconds: "seconds", chance: "percent" };
const REFRESH_MS = 2000;

export class FaultPanel {
  constructor(api) {
    Object.assign(this, { api, values: {}, inputs: new Map(), button: byId("faults") });
    this.button.addEventListener("click", () => this.open());
  }

  /** Also lights the mark at the button: a forgotten fault looks like a broken bot. */
  async refresh() {
    this.values = await this.api.faults().catch(() => this.values);
    const on = Object.values(this.values).some((value) => Number(value) > 0);
    this.button.classList.toggle("on", on);
    this.button.setAttribute("aria-label", t(on ? "faultsOn" : "faults"));
    for (const [name, input] of this.inputs)
      if (input !== document.activeElement) fill(input, kindOf(name, this.values), this.values[name]);
  }

  async open() {
    await this.refresh();
    const groups = [...GROUPS.map(([prefix, title]) => this.group(prefix, title)), this.rest()].filter(
      Boolean,
    );
    const timer = setInterval(() => this.refresh(), REFRESH_MS);
    const dialog = sheet(t("faults"), [el("p", {}, t("faultsNote")), ...groups], {
      class: "faults",
      onclose: () => this.closed(timer),
    });
    const reset = sheetButton(
      t("faultsReset"),
      () => this.apply(() => this.api.resetFaults()),
      "danger",
      "faults-reset",
    );
    dialog.append(
      el(
        "div",
        { class: "sheet-buttons" },
        reset,
        sheetButton(t("close"), () => dialog.close()),
      ),
    );
  }

  closed(timer) {
    clearInterval(timer);
    this.inputs.clear();
  }

  group(prefix, title) {
    const names = Object.keys(this.values).filter(
      (name) => name.startsWith(prefix) && isSwitch(this.values[name]),
    );
    return names.length
      ? el("fieldset", {}, el("legend", {}, t(title)), ...names.map((name) => this.row(name)))
      : null;
  }

  rest() {
    const names = Object.keys(this.values).filter(
      (name) => !GROUPS.some(([prefix]) => name.startsWith(prefix)) && isSwitch(this.values[name]),
    );
    return names.length
      ? el("fieldset", {}, el("legend", {}, t("other")), ...names.map((name) => this.row(name)))
      : null;
  }

  row(name) {
    const kind = kindOf(name, this.values);
    const label = SWITCHES[name]?.[language() === "ru" ? 1 : 2] ?? name;
    const attributes =
      kind === "flag"
        ? { type: "checkbox" }
        : {
            type: "number",
            min: 0,
            step: kind === "seconds" ? 0.1 : 1,
            max: kind === "chance" ? 100 : 10000,
          };
    const input = el("input", {
      ...attributes,
      "data-testid": `fault-${name}`,
      onchange: () => this.changed(name, kind, input),
    });
    fill(input, kind, this.values[name]);
    this.inputs.set(name, input);
    return el(
      "label",
      { class: "fault" },
      el("span", {}, label),
      el(
        "span",
        { class: "fault-value" },
        input,
        UNITS[kind] ? el("span", { class: "unit" }, t(UNITS[kind])) : null,
      ),
    );
  }

  changed(name, kind, input) {
    if (!input.checkValidity()) return input.reportValidity();
    const number = Number(input.value || 0);
    const value = { flag: input.checked, chance: number / 100 }[kind] ?? number;
    return this.apply(() => this.api.setFaults({ [name]: value }));
  }

  async apply(change) {
    await change().catch((error) => toast(error.message || t("unreachable")));
    await this.refresh();
  }
}

function isSwitch(value) {
  return typeof value === "number" || typeof value === "boolean";
}

/** A switch this page does not know yet is shown under its own name. */
function kindOf(name, values) {
  return SWITCHES[name]?.[0] ?? (typeof values[name] === "boolean" ? "flag" : "seconds");
}

function fill(input, kind, value) {
  if (kind === "flag") input.checked = Boolean(value);
  else input.value = kind === "chance" ? Math.round(value * 100) : value;
}
