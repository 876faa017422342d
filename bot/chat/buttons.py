"""Buttons carry ids, never a price, days or a right."""

from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

# What a client has made up is nobody's button: it is out of the database' range before it reaches them.
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Form = Annotated[str, Field(pattern="^[0-9a-f]{1,8}$")]
Option = Annotated[int, Field(ge=0, le=99)]  # which of what is offered, by its place
PageNumber = Annotated[int, Field(ge=0, le=10_000)]


class Register(CallbackData, prefix="register"):
    """Registers, or shows first what has to be accepted."""


class Agree(CallbackData, prefix="agree"):
    """Accepts the terms and the privacy policy, and registers. `documents`: which ones were shown."""

    documents: str


class SignIn(CallbackData, prefix="signin"):
    """Signs a known person in again."""


class Go(CallbackData, prefix="go"):
    """To a place that has a command of its own, by the command's name."""

    command: str


class GoBelow(CallbackData, prefix="below"):
    """As `Go`; the message that bears it is news and stays, so the place comes as a new one."""

    command: str


class ChooseLanguage(CallbackData, prefix="lang"):
    language: str


class ShowModule(CallbackData, prefix="module"):
    """A module's products and offers."""

    id: Id


class ShowOffer(CallbackData, prefix="offer"):
    id: Id


class Pay(CallbackData, prefix="pay"):
    """`method`: link, invoice or stars."""

    offer: Id
    method: str


class CheckPayment(CallbackData, prefix="check"):
    """Asks for a purchase's payment, or tells what became of it. `here`: in place of the message that bears the
    button."""

    purchase: Id
    here: bool = False


class DropOrder(CallbackData, prefix="droporder"):
    """The payer has thought better of an order that is open. `purchase`: its number."""

    purchase: Id


class PayLater(CallbackData, prefix="paylater"):
    """Takes away the ways to pay after a decline."""


class ShowLessonModules(CallbackData, prefix="shelf"):
    """The modules that have lessons."""

    page: int = 0


class ShowLessons(CallbackData, prefix="lessons"):
    """The lessons of a module: without `page` a new message, open where the person is; with it, in place."""

    module: Id
    page: int | None = None


class ShowLesson(CallbackData, prefix="lesson"):
    id: Id


class Continue(CallbackData, prefix="next"):
    """To the lesson, or, where it is done since the button was drawn, to the one to go on with now. `stays`: the
    message that bears it is news, which home does not take the place of."""

    lesson: Id
    stays: bool = False


class FinishLesson(CallbackData, prefix="done"):
    lesson: Id


class BeginQuestions(CallbackData, prefix="ask"):
    """The questions of a lesson, from where an open attempt stands."""

    lesson: Id


class ShowQuestion(CallbackData, prefix="question"):
    """What an attempt asks now, or how it ended. `below`: as a new message."""

    attempt: Id
    below: bool = False


class ChooseOption(CallbackData, prefix="choose"):
    """Answers with that option. `form`, here and below: of what was asked when the button was drawn."""

    attempt: Id
    form: Form
    option: Option


class TickOption(CallbackData, prefix="tick"):
    attempt: Id
    form: Form
    option: Option


class AnswerTicked(CallbackData, prefix="ticked"):
    attempt: Id
    form: Form


class GiveUp(CallbackData, prefix="giveup"):
    """The person does not know what to type."""

    attempt: Id
    form: Form


class DrawProgress(CallbackData, prefix="picture"):
    """One's progress as a picture, on a light or a dark ground."""

    dark: bool


class EndSession(CallbackData, prefix="end"):
    session: Id


class EndOthers(CallbackData, prefix="endothers"):
    """All sessions but this chat's own, once it is `sure`."""

    sure: bool = False


class ShowDevices(CallbackData, prefix="devices"):
    page: PageNumber


class ShowContact(CallbackData, prefix="contact"):
    """`kind`: email or phone, here and in the next two."""

    kind: str


class AskContact(CallbackData, prefix="newcontact"):
    kind: str


class DeleteContact(CallbackData, prefix="nocontact"):
    kind: str


class Undo(CallbackData, prefix="undo"):
    """Undoes a change of access."""

    change: Id


class ShowAlerts(CallbackData, prefix="alarms"):
    """Alarms and payments nobody claims."""


class AssignParked(CallbackData, prefix="parked"):
    id: Id


class DismissAlert(CallbackData, prefix="seen"):
    id: Id


class JoinAccounts(CallbackData, prefix="join"):
    """Two accounts of one person, by their ids."""

    source: Id
    target: Id


class SeparateAccounts(CallbackData, prefix="separate"):
    merge: Id


class ConnectByLink(CallbackData, prefix="connect"):
    """Connects the chat to the account of a link that it has opened; `link`: of that opening."""

    link: Id


class ConnectByCode(CallbackData, prefix="connectcode"):
    """Connects the chat to the account whose address was proven in it by a code."""


class SendCode(CallbackData, prefix="sendcode"):
    """A code to the address that the last one went to, or, with `typed`, to the one that the person has given."""

    typed: bool = False


class MoveChat(CallbackData, prefix="movechat"):
    """Has a chat sign in to another account. `chat`: its Telegram id."""

    chat: Id
    account: Id


class ReturnChat(CallbackData, prefix="returnchat"):
    """Has it sign in again where it did before."""

    connection: Id


class ConfirmRefund(CallbackData, prefix="refund"):
    refund: Id


class DropRefund(CallbackData, prefix="norefund"):
    refund: Id


class MailNews(CallbackData, prefix="mailnews"):
    """Whether news that can't be delivered in Telegram are to come by mail."""

    on: bool
