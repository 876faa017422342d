/** The list of people at the left: who writes to the bot, with last words, unread counts and drafts. */

import { avatar, byId, el, fullName } from "./dom.js";
import { summary } from "./media.js";
import { clock, t } from "./language.js";

export class PeopleList {
  /** @param {(person: number) => void} choose */
  constructor(model, choose) {
    Object.assign(this, { model, choose, box: byId("people") });
    this.box.addEventListener("keydown", (event) => this.onKey(event));
  }

  render() {
    const focused = document.activeElement?.dataset?.testid;
    this.box.replaceChildren(...this.model.ordered.map((person) => el("li", {}, this.row(person))));
    if (focused?.startsWith("person-")) this.box.querySelector(`[data-testid="${focused}"]`)?.focus();
  }

  row(person) {
    const last = this.model.lastMessage(person.id);
    const unread = person.id === this.model.person ? 0 : this.model.unread(person.id);
    const name = el(
      "span",
      { class: "person-name" },
      fullName(person),
      person.role === "admin" ? el("span", { class: "role" }, t("admin")) : null,
    );
    const time = el("span", { class: "faint person-time" }, last ? clock(last.date) : "");
    const badge = unread
      ? el(
          "span",
          { class: "badge", "data-testid": "unread", "aria-label": t("unread", { n: unread }) },
          String(unread),
        )
      : null;
    const attributes = {
      type: "button",
      class: "person",
      "data-testid": `person-${person.id}`,
      "aria-current": person.id === this.model.person ? "true" : null,
    };
    const words = el("span", { class: "person-words" }, name, time, this.preview(person, last), badge);
    return el(
      "button",
      { ...attributes, onclick: () => this.choose(person.id) },
      avatar(person.id, fullName(person)),
      words,
    );
  }

  preview(person, last) {
    const draft = person.id === this.model.person ? "" : this.model.draft(person.id);
    if (draft)
      return el("span", { class: "preview" }, el("span", { class: "draft" }, t("draft")), ` ${draft}`);
    if (!last)
      return el("span", { class: "preview" }, person.username ? `@${person.username}` : t("noMessages"));
    return el(
      "span",
      { class: "preview" },
      last.outgoing ? el("span", { class: "mine" }, `${t("you")}: `) : null,
      summary(last),
    );
  }

  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const rows = [...this.box.querySelectorAll(".person")];
    rows[(rows.indexOf(document.activeElement) + step + rows.length) % rows.length]?.focus();
    event.preventDefault();
  }
}
