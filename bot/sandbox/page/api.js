/** The sandbox's JSON API (/sandbox/…), one function per request. */

/** An answer outside 2xx, or none at all (`status` 0). `message` is the server's own text where it gave one. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** A payment may wait 10 s for the bot's pre-checkout answer; anything longer than this is a dead server. */
const PATIENCE_MS = 40_000;

export class Api {
  /** @param {string|null} bot bot id, null for the bot that called getMe last */
  constructor(bot = null) {
    this.bot = bot;
  }

  path(path, query = {}) {
    const search = new URLSearchParams(query);
    if (this.bot) search.set("bot", this.bot);
    const text = search.toString();
    return `/sandbox/${path}${text ? `?${text}` : ""}`;
  }

  async call(method, path, body, query) {
    const request = { method, signal: AbortSignal.timeout(PATIENCE_MS) };
    if (body !== undefined) {
      request.headers = { "Content-Type": "application/json" };
      request.body = JSON.stringify(body);
    }
    const response = await fetch(this.path(path, query), request).catch(() => {
      throw new ApiError(0, "");
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok)
      throw new ApiError(response.status, answer.error ?? `${response.status} ${response.statusText}`);
    return answer;
  }

  bots = () => this.call("GET", "bots");
  people = () => this.call("GET", "people");
  addPerson = (fields) => this.call("POST", "people", fields);
  topUp = (person, amount) => this.call("POST", `people/${person}/stars`, { amount });
  chat = (person) => this.call("GET", `chats/${person}`);
  send = (person, message) => this.call("POST", `chats/${person}/messages`, message);
  edit = (person, id, text) => this.call("POST", `chats/${person}/messages/${id}/edit`, { text });
  press = (person, id, data) => this.call("POST", `chats/${person}/callbacks`, { message_id: id, data });
  invoice = (link) => this.call("GET", "invoices", undefined, { link });
  /** `bill` names the invoice: `{message_id}` or `{link}`. */
  pay = (person, bill, action, payer, delivery = {}) =>
    this.call("POST", `chats/${person}/invoices`, {
      ...bill,
      ...delivery,
      action,
      ...(payer === person ? {} : { as: payer }),
    });
  vote = (person, id, options) => this.call("POST", `chats/${person}/messages/${id}/vote`, { options });
  react = (person, id, emoji) => this.call("POST", `chats/${person}/messages/${id}/reaction`, { emoji });
  groups = () => this.call("GET", "groups");
  createGroup = (person, title, type) => this.call("POST", "groups", { as: person, title, type });
  move = (group, person, action) => this.call("POST", `groups/${group}/members`, { as: person, action });
  setBotStatus = (group, person, status) => this.call("POST", `groups/${group}/bot`, { as: person, status });
  invite = (link) => this.call("GET", "invites", undefined, { link });
  join = (person, link) => this.call("POST", "invites", { as: person, link });
  block = (person, blocked) => this.call("POST", `chats/${person}/block`, { blocked });
  faults = () => this.call("GET", "faults");
  setFaults = (changes) => this.call("PUT", "faults", changes);
  faultModel = () => this.call("GET", "faults/model");
  usePreset = (name) => this.call("POST", "faults/preset", { name });
  world = () => this.call("GET", "world");
  beginAnew = (language) => this.call("POST", "anew", { language });
  clock = () => this.call("GET", "clock");
  moveClock = (seconds) => this.call("POST", "clock", { seconds });
  file = (id) => this.path(`files/${encodeURIComponent(id)}`);
  /** Of all bots and people: one stream per window, since browsers allow six connections to a host. */
  events = () => "/sandbox/events";
}
