/** Deep links: `?start=PAYLOAD` in the page's address, and https://t.me/<bot>?start=PAYLOAD inside messages. */

import { byId } from "./dom.js";
import { toast } from "./sheets.js";
import { t } from "./words.js";

/** Telegram's rule for a start parameter. */
const PAYLOAD = /^[\w-]{1,64}$/;

export class StartBar {
  /** @param {(text: string) => Promise<boolean>} send */
  constructor(model, send) {
    const given = new URLSearchParams(location.search).get("start");
    Object.assign(this, { model, send, payload: given && PAYLOAD.test(given) ? given : null, bar: byId("start-bar") });
    byId("start").addEventListener("click", () => this.run());
    byId("start-cancel").addEventListener("click", () => this.offer(null));
  }

  /** Shown in an empty chat and whenever a deep link waits to be carried out. */
  render() {
    const { person } = this.model;
    const chat = this.model.chat(person);
    const isEmpty = chat.loaded && chat.messages.size === 0;
    this.bar.hidden = chat.blocked || !(isEmpty || this.payload);
    byId("start-note").textContent = this.payload ? t("startWith", { payload: this.payload }) : "";
    byId("start-note").hidden = byId("start-cancel").hidden = !this.payload;
  }

  offer(payload) {
    this.payload = payload;
    const address = new URL(location.href);
    address.searchParams.delete("start");
    history.replaceState(history.state, "", address);
    this.render();
    if (payload) byId("start").focus();
  }

  async run() {
    const text = this.payload ? `/start ${this.payload}` : "/start";
    byId("composer").focus();
    if (await this.send(text)) this.offer(null);
  }

  /** What a click on a link in a message does; everything but the sandbox's own kinds is left to the browser. */
  follow(event, url) {
    const { protocol, hostname, pathname, searchParams } = new URL(url);
    if (protocol === "tg:") return this.refuse(event);
    const name = this.model.bot?.username?.toLowerCase();
    if (hostname !== "t.me" || pathname.slice(1).toLowerCase() !== name) return undefined;
    event.preventDefault();
    return this.offer(PAYLOAD.test(searchParams.get("start") ?? "") ? searchParams.get("start") : null);
  }

  refuse(event) {
    event.preventDefault();
    toast(t("tgLink"));
  }
}
