/** What surrounds the chat: header, icons, connection hint, window title, and which half a phone shows. */

import { avatar, byId, el, fullName, icon } from "./dom.js";
import { botAddress } from "./composer.js";
import { hasWord, language, t } from "./language.js";

const ICONS = {
  back: "back",
  "chat-menu": "more",
  attach: "clip",
  "keyboard-toggle": "keyboard",
  send: "send",
  "start-cancel": "close",
  "mode-cancel": "close",
};
const ROWS = {
  "new-person": ["add", "newPerson"],
  dashboard: ["chart", "dashboard"],
  mail: ["mail", "mail"],
  faults: ["sliders", "faults"],
};

export class Frame {
  constructor(model) {
    this.model = model;
    for (const [id, name] of Object.entries(ICONS)) byId(id).append(icon(name));
    byId("to-bottom").prepend(icon("down"));
  }

  render() {
    for (const [id, [name, word]] of Object.entries(ROWS))
      byId(id).replaceChildren(icon(name), el("span", {}, t(word)));
    for (const id of ["dashboard", "mail"]) byId(id).href = `/${id}?lang=${language()}`;
    byId("menu").replaceChildren(icon("menu"), el("span", {}, t("menu")));
    byId("language").textContent = language() === "ru" ? "EN" : "RU";
    this.renderBots();
    this.renderHeader();
    this.renderHalves();
  }

  renderBots() {
    const { bot, bots } = this.model;
    byId("bot-choice").hidden = bots.length < 2;
    byId("bots").replaceChildren(
      ...bots.map((one) =>
        el(
          "option",
          { value: one.id, selected: one.id === bot?.id },
          `${one.first_name} (${botAddress(one)})`,
        ),
      ),
    );
  }

  renderHeader() {
    const { bot, current } = this.model;
    const action = current ? this.model.chat(current.id).action : null;
    byId("bot-avatar").replaceChildren(bot ? avatar(bot.id, bot.first_name) : "");
    byId("bot-name").textContent = bot?.first_name ?? t("noBotTitle");
    byId("bot-status").textContent = action ? t(hasWord(action) ? action : "typing") : t("bot");
    byId("bot-status").classList.toggle("acting", Boolean(action));
    byId("who").replaceChildren(
      ...(current
        ? [
            avatar(current.id, fullName(current), true),
            el(
              "span",
              {},
              `${t("you")}: ${current.first_name}`,
              el("span", { class: "surname" }, ` ${current.last_name ?? ""}`),
            ),
          ]
        : []),
    );
    byId("chat-menu").hidden = !current;
  }

  /** A phone shows either the list or the chat; without a bot or a person the chat half says what to do. */
  renderHalves() {
    const { bot, person } = this.model;
    document.body.classList.toggle("chatting", Boolean(person) || !bot);
    byId("nobody").hidden = Boolean(bot && person);
    byId("nobody-title").textContent = t(bot ? "pickTitle" : "noBotTitle");
    byId("nobody-text").textContent = bot ? "" : t("noBotText", { origin: location.origin });
    byId("foot").hidden = !bot || !person;
  }

  renderBlocked() {
    const { blocked } = this.model.chat(this.model.person);
    byId("blocked-bar").hidden = !blocked;
    if (blocked) byId("reply-keyboard").hidden = true;
  }

  renderTitle() {
    const { bot, current, people } = this.model;
    const unread = people.reduce((sum, person) => sum + this.model.unread(person.id), 0);
    document.title = [
      unread ? `(${unread})` : "",
      bot?.first_name ?? t("sandbox"),
      current ? `· ${fullName(current)}` : "",
    ]
      .filter(Boolean)
      .join(" ");
  }

  connection(connected) {
    byId("lost").textContent = connected ? "" : t("lost");
  }
}
