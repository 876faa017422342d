/** The bot's command list: opened by its button, or filtered while the person types `/…`. */

import { byId, el } from "./dom.js";

export class CommandMenu {
  /** @param {(text: string) => void} send */
  constructor(model, composer, send) {
    Object.assign(this, {
      model,
      composer,
      send,
      box: byId("command-list"),
      button: byId("menu"),
      at: -1,
      shown: [],
    });
    this.button.addEventListener("click", () => (this.box.hidden ? this.open("", true) : this.close()));
    document.addEventListener(
      "pointerdown",
      (event) => this.isOpen && !event.target.closest("#command-list, #menu, #composer") && this.close(),
    );
  }

  get isOpen() {
    return !this.box.hidden;
  }

  renderButton() {
    const commands = this.model.person ? this.model.chat(this.model.person).commands : [];
    this.button.hidden = !commands.length;
    if (this.isOpen) this.typed(this.composer.value);
  }

  /** Opens for a lone `/word`; anything else closes it. */
  typed(text) {
    if (/^\/\w*$/.test(text)) this.open(text.slice(1).toLowerCase());
    else this.close();
  }

  open(prefix, focus = false) {
    const { commands } = this.model.chat(this.model.person);
    this.shown = commands.filter(({ command }) => command.startsWith(prefix));
    this.at = -1;
    this.box.replaceChildren(...this.shown.map((command, at) => this.option(command, at)));
    this.box.hidden = !this.shown.length;
    this.mark(focus ? 0 : -1);
    if (focus) this.composer.focus();
  }

  option({ command, description }, at) {
    const attributes = {
      class: "command",
      role: "option",
      id: `command-${at}`,
      "data-testid": "command",
      "data-command": command,
    };
    return el(
      "li",
      { ...attributes, onclick: () => this.take(at) },
      el("b", {}, `/${command}`),
      el("span", {}, description),
    );
  }

  mark(at) {
    this.at = at;
    [...this.box.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
    this.box.children[at]?.scrollIntoView({ block: "nearest" });
    if (at >= 0) this.composer.setAttribute("aria-activedescendant", `command-${at}`);
    else this.composer.removeAttribute("aria-activedescendant");
    this.composer.setAttribute("aria-expanded", String(this.isOpen));
    this.button.setAttribute("aria-expanded", String(this.isOpen));
  }

  close() {
    this.box.hidden = true;
    this.mark(-1);
  }

  take(at) {
    const { command } = this.shown[at];
    this.close();
    if (this.composer.value.startsWith("/")) this.composer.value = "";
    this.composer.focus();
    this.send(`/${command}`);
  }

  /** @returns {boolean} whether the key was the menu's */
  onKey(event) {
    if (!this.isOpen) return false;
    const count = this.shown.length;
    switch (event.key) {
      case "ArrowDown":
        this.mark((this.at + 1) % count);
        return true;
      case "ArrowUp":
        this.mark((Math.max(this.at, 0) - 1 + count) % count);
        return true;
      case "Escape":
        this.close();
        return true;
      case "Tab":
        return this.complete();
      case "Enter":
        return this.at >= 0 && (this.take(this.at), true);
      default:
        return false;
    }
  }

  complete() {
    if (this.at < 0) return false;
    this.composer.value = `/${this.shown[this.at].command} `;
    this.composer.dispatchEvent(new Event("input"));
    return true;
  }
}
