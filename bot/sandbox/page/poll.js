/** Polls and quizzes: choosing, results, taking a vote back. */

import { el, icon } from "./dom.js";
import { number, t } from "./language.js";

/** @param {{vote: (message: object, options: number[]) => Promise<unknown>}} actions */
export function pollCard(message, actions) {
  const { poll } = message;
  const voted = message.voted ?? [];
  const shown = poll.is_closed || voted.length > 0;
  return el(
    "div",
    { class: "poll", role: "group", "aria-label": poll.question },
    el("p", { class: "poll-question" }, poll.question),
    el("p", { class: "faint" }, kind(poll)),
    ...(shown ? results(poll, voted) : choices(message, actions)),
    foot(message, voted, actions),
  );
}

function kind({ is_closed: closed, is_anonymous: anonymous, type }) {
  if (closed) return t("pollClosed");
  if (type === "quiz") return t(anonymous ? "quizAnonymous" : "quiz");
  return t(anonymous ? "pollAnonymous" : "poll");
}

function choices(message, actions) {
  const { poll } = message;
  const chosen = new Set();
  const send = el(
    "button",
    {
      type: "button",
      class: "link poll-send",
      "data-testid": "poll-vote",
      disabled: true,
      onclick: () => actions.vote(message, [...chosen]),
    },
    t("vote"),
  );
  const press = (at, button) => {
    if (!poll.allows_multiple_answers) return actions.vote(message, [at]);
    if (!chosen.delete(at)) chosen.add(at);
    button.setAttribute("aria-pressed", String(chosen.has(at)));
    send.disabled = chosen.size === 0;
    return undefined;
  };
  const options = poll.options.map((option, at) => choice(option.text, at, poll, press));
  return poll.allows_multiple_answers ? [...options, send] : options;
}

function choice(text, at, poll, press) {
  const button = el(
    "button",
    {
      type: "button",
      class: `poll-option${poll.allows_multiple_answers ? " many" : ""}`,
      "data-testid": "poll-option",
      "aria-pressed": poll.allows_multiple_answers ? "false" : null,
    },
    el("span", { class: "poll-mark" }),
    el("span", {}, text),
  );
  button.addEventListener("click", () => press(at, button));
  return button;
}

function results(poll, voted) {
  return poll.options.map((option, at) => {
    const share = poll.total_voter_count
      ? Math.round((100 * option.voter_count) / poll.total_voter_count)
      : 0;
    const mine = voted.includes(at);
    return el(
      "div",
      { class: `poll-result${verdict(poll, at, mine)}`, "data-testid": "poll-result" },
      el("span", { class: "poll-share" }, `${number(share)} %`),
      el("span", {}, option.text),
      mine ? el("span", { class: "poll-mine", role: "img", "aria-label": t("yourVote") }, icon("check")) : null,
      el("progress", { max: 100, value: share, "aria-hidden": "true" }),
    );
  });
}

/** In a quiz the right answer shows once one has answered. */
function verdict({ type, correct_option_ids: correct = [] }, at, mine) {
  if (type !== "quiz") return "";
  if (correct.includes(at)) return " right";
  return mine ? " wrong" : "";
}

function foot(message, voted, actions) {
  const { poll } = message;
  const retract = el(
    "button",
    { type: "button", class: "link", "data-testid": "poll-retract", onclick: () => actions.vote(message, []) },
    t("retract"),
  );
  return el(
    "div",
    { class: "poll-foot" },
    poll.explanation && voted.length ? el("p", { class: "quote" }, poll.explanation) : null,
    el("span", { class: "faint" }, t("votes", { n: number(poll.total_voter_count) })),
    voted.length && poll.allows_revoting && !poll.is_closed ? retract : null,
  );
}
