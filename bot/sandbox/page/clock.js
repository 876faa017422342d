/** The sandbox's clock: what time it is there, and how to let time pass. */

import { byId, el, icon } from "./dom.js";
import { dateTime, onLanguage, setAhead, t, worldNow } from "./language.js";
import { sheet, sheetButton, toast } from "./sheets.js";

const HOUR = 3600;
const DAY = 24 * HOUR;
const STEPS = { clockHour: HOUR, clockDay: DAY, clockWeek: 7 * DAY, clockMonth: 30 * DAY };
const TICK_MS = 10_000;
const WATCH_MS = 700; // while it is being moved

export class ClockPanel {
  constructor(api) {
    Object.assign(this, { api, state: { movable: false, moving: false }, button: byId("clock"), dialog: null });
    this.time = el("p", { class: "clock-time", "data-testid": "clock-time", "aria-live": "polite" });
    this.button.addEventListener("click", () => this.open());
    onLanguage(() => this.show());
    setInterval(() => this.show(), TICK_MS);
  }

  get movable() {
    return this.state.movable;
  }

  async refresh() {
    await this.take(this.api.clock());
  }

  open() {
    const days = el("input", {
      type: "number",
      min: 1,
      max: 366,
      value: 90,
      "aria-label": t("clockDays"),
      "data-testid": "clock-days",
    });
    const own = el(
      "form",
      {
        class: "clock-own",
        onsubmit: (event) => {
          event.preventDefault();
          this.move(Number(days.value) * DAY);
        },
      },
      days,
      el("button", { type: "submit", class: "wide primary", "data-testid": "clock-move" }, t("clockMove")),
    );
    const steps = Object.entries(STEPS).map(([word, seconds]) =>
      sheetButton(t(word), () => this.move(seconds), "plain", word),
    );
    this.dialog = sheet(
      t("clock"),
      [this.time, el("p", {}, t("clockNote")), el("div", { class: "sheet-buttons" }, ...steps), own],
      { class: "clock", onclose: () => (this.dialog = null) },
    );
    this.dialog.append(sheetButton(t("close"), () => this.dialog.close()));
    this.show();
  }

  async move(seconds) {
    await this.take(this.api.moveClock(seconds), (error) => toast(error.message || t("unreachable")));
  }

  async take(answer, onError = () => undefined) {
    const before = this.state;
    this.state = await answer.catch((error) => onError(error) ?? before);
    if (this.state.now) setAhead(this.state.now - Date.now() / 1000);
    if (before.moving && !this.state.moving && this.state.failure)
      toast(t("clockStopped", { why: this.state.failure }), { loud: true });
    this.show();
    clearTimeout(this.timer);
    if (this.state.moving) this.timer = setTimeout(() => this.refresh(), WATCH_MS);
  }

  show() {
    const now = dateTime(worldNow());
    const exact = dateTime(worldNow(), { timeZoneName: "short" });
    this.button.hidden = !this.movable;
    this.button.replaceChildren(icon("clock"), el("span", {}, now));
    this.button.setAttribute("aria-label", `${t("clock")}: ${now}`);
    this.time.textContent = this.state.moving ? t("clockMoving", { now }) : exact;
    for (const control of this.dialog?.querySelectorAll(".sheet-buttons button, form *") ?? [])
      control.disabled = this.state.moving;
  }
}
