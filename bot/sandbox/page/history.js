/** The messages of one chat: painted one by one, kept at the foot while the reader is there. */

import { byId, el } from "./dom.js";
import { messageNode } from "./bubble.js";
import { summary } from "./media.js";
import { day, t } from "./language.js";

/** Messages of one side closer than this (seconds) stand together, as in Telegram. */
const TOGETHER_S = 300;
const NEAR_FOOT_PX = 80;

export class History {
  constructor(model, actions, api) {
    Object.assign(this, {
      model,
      actions,
      api,
      box: byId("messages"),
      list: byId("message-list"),
      down: byId("to-bottom"),
      missed: 0,
      atFoot: true,
      lastTop: 0,
    });
    this.box.addEventListener("scroll", () => this.scrolled());
    this.down.addEventListener("click", () => this.toFoot());
    // Pictures and the on-screen keyboard change heights after painting: a reader at the foot stays there.
    const keep = new ResizeObserver(() => this.atFoot && this.toFoot());
    [this.box, this.list].forEach((node) => keep.observe(node));
  }

  render() {
    const { person } = this.model;
    const messages = person ? this.model.messages(person) : [];
    this.list.replaceChildren(...messages.flatMap((message, at) => this.withDay(message, messages[at - 1])));
    this.group();
    this.empty();
    this.toFoot();
  }

  withDay(message, before) {
    const node = this.node(message);
    return before && day(before.date) === day(message.date) ? [node] : [this.separator(message), node];
  }

  separator(message) {
    return el("p", { class: "day" }, el("span", { class: "note" }, day(message.date)));
  }

  node(message) {
    return Object.assign(messageNode(message, this.actions, this.api), { message });
  }

  find(id) {
    return this.list.querySelector(`[data-message-id="${id}"]`);
  }

  /** One message came, changed or went; everything else stays as it is, with its focus and its revealed spoilers. */
  update({ message, deleted, isNew }) {
    if (deleted) this.find(deleted)?.remove();
    else if (this.find(message.message_id)) this.replace(this.find(message.message_id), message);
    else this.insert(message, isNew);
    this.group();
    this.empty();
  }

  replace(old, message) {
    const hadFocus = old.contains(document.activeElement);
    const fresh = this.node(message);
    old.replaceWith(fresh);
    // A phone's keyboard does not jump up by itself.
    const next = fresh.querySelector(".key") ?? (matchMedia("(hover: hover)").matches ? byId("composer") : null);
    if (hadFocus) next?.focus({ preventScroll: true });
  }

  insert(message, isNew) {
    const nodes = [...this.list.querySelectorAll(".message")];
    const next = nodes.find((node) => node.message.message_id > message.message_id);
    if (next) next.before(this.node(message));
    else this.list.append(...this.withDay(message, nodes.at(-1)?.message));
    if (!isNew) return;
    if (!message.outgoing) byId("announcer").textContent = t("newMessage", { text: summary(message) });
    if (message.outgoing || this.atFoot) this.toFoot();
    else this.count(this.missed + 1);
  }

  group() {
    const nodes = [...this.list.children];
    nodes.forEach((node, at) =>
      node.classList.toggle("joined", this.together(node.message, nodes[at + 1]?.message)),
    );
  }

  together(message, next) {
    if (!message || !next) return false;
    return (
      Boolean(message.outgoing) === Boolean(next.outgoing) &&
      next.date - message.date < TOGETHER_S &&
      !message.reply_markup?.inline_keyboard
    );
  }

  empty() {
    const chat = this.model.chat(this.model.person);
    byId("empty-chat").hidden = !this.model.person || !chat.loaded || this.list.childElementCount > 0;
    byId("empty-title").textContent = t(chat.description ? "aboutTitle" : "emptyTitle");
    byId("empty-text").textContent = chat.description || t("emptyText");
  }

  /** Only scrolling up leaves the foot: a shrinking box gets farther from it without anybody having scrolled. */
  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.box;
    this.atFoot =
      scrollHeight - scrollTop - clientHeight < NEAR_FOOT_PX || (this.atFoot && scrollTop >= this.lastTop);
    this.lastTop = scrollTop;
    this.down.hidden = this.atFoot;
    if (this.atFoot) this.count(0);
  }

  toFoot() {
    this.box.scrollTop = this.box.scrollHeight;
    this.atFoot = true;
    this.lastTop = this.box.scrollTop;
    this.down.hidden = true;
    this.count(0);
  }

  count(missed) {
    this.missed = missed;
    byId("missed").textContent = missed || "";
  }

  goTo(id) {
    const node = this.find(id);
    node?.scrollIntoView({ block: "center" });
    node?.classList.add("found");
    setTimeout(() => node?.classList.remove("found"), 1500);
  }
}
