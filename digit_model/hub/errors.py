"""Errors of the Hub and its client, each as one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import errors, get_token
from huggingface_hub.utils import httpx

from digit_model.hub.client import NoAnswerError
from digit_model.model_folder import ModelError

LOG_IN_HINT = "; log in with `hf auth login` or set HF_TOKEN"


class HubError(ModelError):
    """The Hub refused or failed. ``str(error)`` is one sentence."""


class HubMissingError(HubError):
    """The repository doesn't exist, or this token may not see it."""


class HubUnreachableError(HubError):
    """The Hub gave no answer. What is in the cache may still be used."""


class HubDamagedError(HubError):
    """A file is not the one that the Hub has."""


@contextmanager
def translate_errors(what: str, *, writing: bool = False) -> Iterator[None]:
    """Turn every error of the client into a :class:`HubError` about ``what``, a repository."""
    try:
        yield
    except ModelError:
        raise
    # Besides its own exceptions the client raises ValueError, RuntimeError, ConnectionError, and
    # KeyError when an answer is incomplete.
    except Exception as error:
        raise _translate(error, what, writing) from error


def _translate(error: BaseException, what: str, writing: bool) -> HubError:
    for cause in _cause_chain(error):
        known = _known_error(cause, what, writing)
        if known is not None:
            return known
    if isinstance(error, OSError | ValueError | RuntimeError):
        return HubError(f"{what}: {_first_line(error)}")
    kind = type(error).__name__
    return HubError(f"{what}: the Hub's answer can't be understood ({kind}: {error}).")


def _cause_chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes: the client hides some behind "Error while uploading"."""
    while error is not None:
        yield error
        error = error.__cause__


def _known_error(error: BaseException, what: str, writing: bool) -> HubError | None:
    token = "The token in HF_TOKEN or from `hf auth login`"
    log_in_hint = "" if get_token() else LOG_IN_HINT
    if isinstance(error, NoAnswerError):
        return HubUnreachableError(f"{what}: the Hub gave no answer, {error}.")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubUnreachableError(f"{what} needs the Hub, and HF_HUB_OFFLINE forbids to ask it.")
    if isinstance(error, errors.GatedRepoError):
        return HubError(f"{what} is gated: ask for access on its page on the Hub{log_in_hint}.")
    if isinstance(error, errors.DisabledRepoError):
        return HubError(f"{what} has been disabled by the Hub.")
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(f"{what}: the Hub has the repository, but no such branch, tag or commit.")
    if isinstance(error, errors.RepositoryNotFoundError):
        private = (
            ", or this token may not see it" if get_token() else f", or it is private{LOG_IN_HINT}"
        )
        return HubMissingError(f"The Hub has no repository {what}{private}.")
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return HubError(f"{what} lacks a file: {_file_name(error)} is not there.")
    if isinstance(error, errors.HFValidationError):
        return HubError(f"{what} can't be the name of a repository on the Hub.")
    if isinstance(error, errors.HfHubHTTPError):
        return _status_error(error, what, writing, token)
    if isinstance(error, ValueError) and str(error).startswith("LFS batch"):
        message = str(error).partition("`")[2].splitlines()[0].rstrip("`.") or "no reason given"
        if _is_quota_message(message):
            return HubError(f"{what}: the Hub's quota is used up ({message}).")
        return HubError(f"{what}: the Hub does not take a large file ({message}).")
    if isinstance(error, httpx.HTTPError | ConnectionError):
        return HubUnreachableError(f"{what}: the connection to the Hub broke off.")
    if isinstance(error, OSError) and "Consistency check failed" in str(error):
        return HubDamagedError(
            f"{what} arrived cut short: a file has another size than on the Hub."
        )
    if isinstance(error, OSError) and error.strerror:
        return HubError(f"{what}: {error.filename or 'the cache'}: {error.strerror}.")
    return None


def _status_error(error: errors.HfHubHTTPError, what: str, writing: bool, token: str) -> HubError:
    status = error.response.status_code
    message = " ".join((error.server_message or "").split()).rstrip(".")
    quoted = f" ({message})" if message else ""
    if status == 401:
        if get_token():
            return HubError(
                f"{token} is not valid: the Hub refuses it, even for public repositories."
            )
        return HubError(f"{what} needs a token: log in with `hf auth login` or set HF_TOKEN.")
    if status in (402, 413, 507) or _is_quota_message(message):
        return HubError(f"{what}: the Hub's quota is used up{quoted}.")
    if status == 403:
        may = "write to" if writing else "read"
        if not get_token():
            return HubError(f"Without a token, nobody may {may} {what}{quoted}{LOG_IN_HINT}.")
        return HubError(f"{token} may not {may} {what}{quoted}.")
    if status == 409:
        return HubError(f"{what}: the Hub says there is one already{quoted}.")
    if status == 412:
        return HubError(f"{what} has changed meanwhile: nothing was written; run this again.")
    if status == 429:
        return HubUnreachableError(f"{what}: the Hub has had too many requests; try again later.")
    if status >= 500:
        return HubUnreachableError(
            f"{what}: the Hub is out of order ({status}{quoted.replace(' (', ': ').rstrip(')')})."
        )
    return HubError(f"{what}: the Hub answers {status}{quoted}.")


def _is_quota_message(message: str) -> bool:
    return any(word in message.lower() for word in ("quota", "storage limit", "exceeded"))


def _file_name(error: errors.HfHubHTTPError) -> str:
    return str(error.response.url.path).rsplit("/", 1)[-1] or "it"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0].rstrip(".") if lines else type(error).__name__) + "."
