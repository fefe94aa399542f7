"""Going to a provider and coming back from it, as far as it is asked over the network; no transaction is open then."""

import secrets
from datetime import datetime

from lianshen.kernel import log
from lianshen.kernel.errors import Refusal
from lianshen.providers import _provider
from lianshen.providers._fetch import Rejected, Unreachable
from lianshen.providers._token import Refused
from lianshen.providers.types import Claims, Departure, Provider, Returned, Visit


class ProviderAway(Refusal):
    """The provider does not answer, or not in a way that counts."""

    status = 503
    code = "provider_away"


class ProviderFailed(Refusal):
    """What came back does not hold. Which check it was is in the log alone."""

    status = 401
    code = "provider_failed"


class ProviderDeclined(Refusal):
    """The provider let the person not in, or they turned back there."""

    status = 401
    code = "provider_declined"


async def depart(tenant: str, provider: Provider, back: str) -> Departure:
    """Where the browser goes to sign in; ``back`` is where it returns to. Raises ProviderAway."""
    secret = secrets.token_urlsafe(32)
    try:
        metadata = await _provider.metadata_of(tenant, provider)
    except (Unreachable, Refused) as error:
        log.get("providers").warning("provider away", tenant=tenant, provider=str(provider.id), reason=str(error))
        raise ProviderAway from error
    return Departure(_provider.departure(metadata, provider, secret, back), secret)


async def claims_of(tenant: str, visit: Visit, came: Returned, back: str, now: datetime) -> Claims:
    """Who signed in there. Raises ProviderDeclined, ProviderAway, ProviderFailed."""
    named = {"tenant": tenant, "provider": str(visit.provider.id)}
    if came.error or not came.code:
        log.get("providers").warning("provider declined", **named, reason=came.error[:100])
        raise ProviderDeclined
    try:
        return await _provider.claims_of(tenant, visit, came, back, now)
    except (Refused, Rejected) as error:
        log.get("providers").warning("sign-in refused", **named, reason=str(error))
        raise ProviderFailed from error
    except Unreachable as error:
        log.get("providers").warning("provider away", **named, reason=str(error))
        raise ProviderAway from error
