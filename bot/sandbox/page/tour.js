/** The card beside the chat: five things to try, ticked when the demo has seen them happen; and beginning anew. */

import { byId, el, icon } from "./dom.js";
import { language, onLanguage, setLanguage, setZone, t } from "./language.js";
import { sheet, sheetButton, toast } from "./sheets.js";

const TASKS = ["register", "promo", "buy", "decline", "kill"];
const SCHOOLS = ["ru", "en"];
const KEY = "sandbox.tour";
const KEPT = new Set([KEY, "sandbox.language"]);
/** Several events come at once: a message, its edit, the next one. */
const PAUSE_MS = 400;

export class Tour {
  constructor(api) {
    Object.assign(this, { api, world: null, card: byId("tour"), timer: 0 });
    this.card.addEventListener("toggle", () => this.place());
    // Only what a person chose is kept; without a choice a wide window shows the card open.
    byId("tour-title").addEventListener("click", () =>
      localStorage.setItem(KEY, this.card.open ? "closed" : "open"),
    );
    const kept = localStorage.getItem(KEY);
    this.card.open = kept ? kept === "open" : matchMedia("(min-width: 1100px)").matches;
    byId("tour-anew").addEventListener("click", () => this.askAnew());
    document.addEventListener("visibilitychange", () => this.soon());
    document.addEventListener("close", () => this.soon(), true); // of a sheet, where a card may have been declined
    onLanguage(() => this.render());
  }

  /** Another world at the same address: nothing this window knows holds any more. */
  async refresh() {
    const world = await this.api.world();
    if (this.world && this.world.id !== world.id) return startOver();
    this.world = world;
    setZone(world.zone);
    return this.render();
  }

  /** Something happened that may have been one of the things to try. */
  soon() {
    clearTimeout(this.timer);
    if (this.world?.tasks) this.timer = setTimeout(() => this.refresh().catch(() => undefined), PAUSE_MS);
  }

  render() {
    const { tasks, school } = this.world ?? {};
    this.card.hidden = !tasks;
    this.place();
    if (!tasks) return;
    const done = TASKS.filter((name) => tasks[name]);
    byId("tour-count").textContent = t("tourCount", { done: done.length, all: TASKS.length });
    byId("tour-list").replaceChildren(...TASKS.map((name) => this.item(name, tasks[name])));
    byId("tour-note").textContent = [
      done.length === TASKS.length ? t("tourDone") : "",
      school && school !== language() ? t(`school_${school}`) : "",
    ].join(" ");
  }

  item(name, done) {
    const mark = el("span", { class: "tour-mark" }, done ? icon("check") : "");
    const state = el("span", { class: "unseen" }, done ? t("tourTicked") : "");
    const how = t(`tour_${name}_how`, { process: this.world.process });
    return el(
      "li",
      { class: done ? "done" : null, "data-testid": `tour-${name}` },
      mark,
      el("span", { class: "tour-words" }, el("b", {}, t(`tour_${name}`)), state, el("span", {}, ...withCode(how))),
    );
  }

  /** Open, it has a column of its own where there is room. */
  place() {
    document.body.classList.toggle("touring", !this.card.hidden);
    document.body.classList.toggle("tour-open", !this.card.hidden && this.card.open);
  }

  askAnew() {
    const buttons = SCHOOLS.map((code) =>
      sheetButton(t(`anew_${code}`), () => this.beginAnew(dialog, code), "danger", `anew-${code}`),
    );
    buttons.push(sheetButton(t("cancel"), () => dialog.close()));
    const dialog = sheet(t("anewTitle"), [el("p", {}, t("anewText")), el("div", { class: "sheet-buttons" }, ...buttons)]);
  }

  async beginAnew(dialog, code) {
    dialog.close();
    try {
      await this.api.beginAnew(code);
      setLanguage(code);
      toast(t("anewBegun"));
    } catch (error) {
      toast(error.message || t("unreachable"));
    }
  }
}

function startOver() {
  for (const key of Object.keys(localStorage))
    if (key.startsWith("sandbox.") && !KEPT.has(key)) localStorage.removeItem(key);
  location.replace("/");
}

/** What stands in backquotes is to be typed. */
function withCode(text) {
  return text.split("`").map((part, at) => (at % 2 ? el("kbd", {}, part) : part));
}
