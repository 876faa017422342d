/** Telegram's own links: `?start=…` in the page's address, t.me/<bot>?start=… and invoice links in messages. */

import { byId } from "./dom.js";
import { toast } from "./sheets.js";
import { t } from "./language.js";

/** Telegram's rule for a start parameter. */
const PAYLOAD = /^[\w-]{1,64}$/;

export class StartBar {
  /**
   * @param {(text: string) => Promise<boolean>} send
   * @param {(link: string) => void} pay an invoice link
   * @param {(link: string) => void} invite a link into a group or channel
   */
  constructor(model, send, pay, invite) {
    const given = new URLSearchParams(location.search).get("start");
    Object.assign(this, {
      model,
      send,
      pay,
      invite,
      payload: given && PAYLOAD.test(given) ? given : null,
      bar: byId("start-bar"),
    });
    byId("start").addEventListener("click", () => this.run());
    byId("start-cancel").addEventListener("click", () => this.offer(null));
  }

  /** Shown in an empty chat and whenever a deep link waits to be carried out, in place of the box to write in. */
  render() {
    const chat = this.model.chat(this.model.person);
    const isEmpty = chat.loaded && chat.messages.size === 0;
    const form = byId("composer-form");
    const [before, focused] = [[this.bar.hidden, form.hidden].join(), document.activeElement];
    this.bar.hidden = chat.blocked || !(isEmpty || this.payload);
    form.hidden = chat.blocked || !chat.loaded || !this.bar.hidden;
    if (before !== [this.bar.hidden, form.hidden].join()) this.keepFocus(focused);
    byId("start-note").textContent = this.payload ? t("startWith", { payload: this.payload }) : "";
    byId("start-note").hidden = byId("start-cancel").hidden = !this.payload;
  }

  /** Who was about to write goes on at what stands there now; a phone's keyboard does not jump up by itself. */
  keepFocus(focused) {
    if (!matchMedia("(hover: hover)").matches) return;
    if ([document.body, byId("composer"), byId("start")].includes(focused)) this.focus();
  }

  /** The one thing to do in a chat that was not started, or else to write. */
  focus() {
    (this.bar.hidden ? byId("composer") : byId("start")).focus({ preventScroll: true });
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
    if (await this.send(text)) this.offer(null);
  }

  /** What a click on a link in a message does; everything but the sandbox's own kinds is left to the browser. */
  follow(event, url) {
    const { protocol, hostname, pathname, searchParams } = new URL(url);
    if (protocol === "tg:") return this.refuse(event);
    if (hostname !== "t.me") return this.model.leaves(this.model.person);
    if (pathname.startsWith("/$")) return this.handOver(event, url, this.pay);
    if (pathname.startsWith("/+")) return this.handOver(event, url, this.invite);
    const name = this.model.bot?.username?.toLowerCase();
    if (pathname.slice(1).toLowerCase() !== name) return undefined;
    event.preventDefault();
    return this.offer(PAYLOAD.test(searchParams.get("start") ?? "") ? searchParams.get("start") : null);
  }

  handOver(event, url, handler) {
    event.preventDefault();
    handler(url);
  }

  refuse(event) {
    event.preventDefault();
    toast(t("tgLink"));
  }
}
