/** Groups and channels of the bot: made here, joined by invite links, left; what the bot may do in them. */

import { el } from "./dom.js";
import { t } from "./language.js";
import { sheet, sheetButton, toast } from "./sheets.js";

const BOT_STATUSES = ["administrator", "member", "left"];
const KINDS = ["supergroup", "channel"];
const INSIDE = new Set(["creator", "administrator", "member"]);

export class Groups {
  /** @param {(request: Promise<object>) => Promise<object|null>} tell shows the error of a failed request */
  constructor(model, api, tell) {
    Object.assign(this, { model, api, tell, box: null });
  }

  async open() {
    this.box = el("div", { class: "groups", "data-testid": "groups" });
    const dialog = sheet(t("groups"), [el("p", { class: "faint" }, t("groupsNote")), this.box, this.creator()], {
      onclose: () => (this.box = null),
    });
    dialog.append(sheetButton(t("close"), () => dialog.close()));
    await this.refresh();
  }

  /** After every change of a group, whoever made it. */
  async refresh() {
    const groups = this.box ? await this.tell(this.api.groups()) : null;
    if (groups && this.box) this.box.replaceChildren(...groups.map((group) => this.row(group)));
  }

  row(group) {
    const { person } = this.model;
    const status = group.members[person] ?? "left";
    const asks = group.requests.includes(person);
    return el(
      "fieldset",
      { "data-testid": "group" },
      el("legend", {}, `${group.title} · ${t(group.type)}`),
      el("label", { class: "line" }, el("span", {}, t("botThere")), this.botStatus(group)),
      el(
        "p",
        { class: "line" },
        el("span", {}, `${t("you")}: ${t(asks ? "status_asks" : `status_${status}`)}`),
        status === "kicked" || status === "creator" ? null : this.mover(group, INSIDE.has(status)),
      ),
    );
  }

  botStatus(group) {
    const options = BOT_STATUSES.map((status) =>
      el("option", { value: status, selected: status === group.bot_status }, t(`status_${status}`)),
    );
    const choose = (event) => this.tell(this.api.setBotStatus(group.id, this.model.person, event.target.value));
    return el("select", { onchange: choose, "data-testid": "group-bot" }, ...options);
  }

  mover(group, inside) {
    const move = () => this.tell(this.api.move(group.id, this.model.person, inside ? "leave" : "join"));
    const word = t(inside ? "leave" : "join");
    return el("button", { type: "button", class: "link", "data-testid": "group-move", onclick: move }, word);
  }

  creator() {
    const title = el("input", { name: "title", required: true, maxlength: 128, autocomplete: "off" });
    title.dataset.testid = "group-title";
    const kinds = el("select", { name: "type" }, ...KINDS.map((kind) => el("option", { value: kind }, t(kind))));
    kinds.dataset.testid = "group-type";
    const submit = el("button", { class: "wide primary", "data-testid": "group-create" }, t("create"));
    const form = el("form", {}, el("label", {}, t("groupTitle"), title), kinds, submit);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const made = await this.tell(this.api.createGroup(this.model.person, title.value, kinds.value));
      if (made) title.value = "";
    });
    return form;
  }

  /** What opening an invite link does. */
  async invite(link) {
    const offer = await this.tell(this.api.invite(link));
    if (!offer) return;
    const words = t(offer.creates_join_request ? "inviteAsks" : "inviteOpen", { kind: t(offer.type) });
    const dialog = sheet(offer.title, [el("p", {}, offer.open ? words : t("inviteOver"))]);
    const join = async () => {
      dialog.close();
      const result = await this.tell(this.api.join(this.model.person, link));
      if (result) toast(t(`invite_${result.status}`, { title: offer.title }));
    };
    const enter = sheetButton(t(offer.creates_join_request ? "ask" : "join"), join, "primary", "invite-join");
    const close = sheetButton(t("cancel"), () => dialog.close());
    dialog.append(el("div", { class: "sheet-buttons" }, ...(offer.open ? [enter, close] : [close])));
  }

  decided({ person, title, approved }) {
    if (person === this.model.person) toast(t(approved ? "letIn" : "notLetIn", { title }));
  }
}
