"""The only settings. Each is read from the environment or `.env`, e.g. TIGHTROPE_SERVER__PORT=8080.

`.env.example` lists them all with what they do; a test keeps the two in step.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import SettingsError

PREFIX = "TIGHTROPE_"


class Section(BaseModel):
    """Settings that belong together; an unknown one is an error, so that a typo is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbedderSettings(Section):
    """Which model turns text into vectors."""

    kind: Literal["e5", "minilm", "openai"] = "e5"
    base_url: str | None = None
    api_key: SecretStr | None = None
    model: str = "text-embedding-3-small"


class AdvisorSettings(Section):
    """The language model that writes answers; without a base URL or a key, notes are quoted."""

    base_url: str | None = None
    api_key: SecretStr | None = None
    model: str = "gpt-4o-mini"
    internal_hosts: tuple[str, ...] = ()
    connect_seconds: float = Field(default=5.0, gt=0)
    first_token_seconds: float = Field(default=30.0, gt=0)
    gap_seconds: float = Field(default=20.0, gt=0)
    total_seconds: float = Field(default=120.0, gt=0)
    answer_tokens: int = Field(default=1_500, ge=100)
    tokens_per_day: int = Field(default=0, ge=0)
    """What one person may use in a day, both ways together; 0 sets no limit."""


class LabellerSettings(Section):
    """Who says on which side an advice is that a model wrote; a coach's heading always stands."""

    kind: Literal["embedding", "structured", "decisions"] = "embedding"
    base_url: str | None = None
    api_key: SecretStr | None = None
    model: str = ""


class ServerSettings(Section):
    """Where the page is served."""

    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)


class SigninSettings(Section):
    """Who may come in, and how they show who they are."""

    mode: Literal["none", "password", "proxy", "oidc"] = "none"
    public_url: str = ""
    idle_minutes: int = Field(default=480, ge=1)
    absolute_minutes: int = Field(default=1440, ge=1)
    coaches: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    questions_per_minute: int = Field(default=20, ge=1)
    proxy_addresses: tuple[str, ...] = ()
    proxy_secret: SecretStr | None = None
    proxy_header: str = "X-Forwarded-User"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_algorithm: Literal["RS256", "PS256", "ES256"] = "RS256"


class PrivacySettings(Section):
    """How long what people write is kept, and the key that encrypts it at rest."""

    keep_days: int = Field(default=90, ge=0)
    """Days until a turn is deleted; 0 keeps it until its owner deletes it."""
    audit_days: int = Field(default=365, ge=0)
    """Days until an entry of the audit log is let go; 0 keeps them all."""
    key: SecretStr | None = None
    key_file: Path | None = None


class StudioSettings(Section):
    """How coaches publish."""

    two_people: bool = False
    """Whether a second person has to publish what one wrote."""


class Settings(BaseSettings):
    """All settings, checked once at the edge; inside, their types are trusted."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        frozen=True,
        populate_by_name=True,
    )

    knowledge: Path = Path("knowledge")
    data: Path = Path("var")
    prompts: Path = Path("prompts")
    contacts: str = ""
    embedder: EmbedderSettings = EmbedderSettings()
    advisor: AdvisorSettings = AdvisorSettings()
    labeller: LabellerSettings = LabellerSettings()
    server: ServerSettings = ServerSettings()
    signin: SigninSettings = SigninSettings()
    privacy: PrivacySettings = PrivacySettings()
    studio: StudioSettings = StudioSettings()
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key")
    )
    openai_base_url: str | None = Field(
        default=None, validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url")
    )

    @model_validator(mode="after")
    def _endpoint_is_named(self) -> Settings:
        if self.embedder.kind == "openai" and not (self.embedder.base_url or self.openai_api_key):
            raise ValueError(
                "TIGHTROPE_EMBEDDER__KIND=openai needs TIGHTROPE_EMBEDDER__BASE_URL "
                "or OPENAI_API_KEY."
            )
        named = self.labeller.base_url or self.labeller.api_key or self.uses_a_model
        if self.labeller.kind != "embedding" and not named:
            raise ValueError(
                f"TIGHTROPE_LABELLER__KIND={self.labeller.kind} needs TIGHTROPE_LABELLER__BASE_URL "
                "or the language model that writes answers."
            )
        return self

    @property
    def fingerprint(self) -> str:
        """Other settings, another fingerprint; of a secret it tells only whether there is one."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    @property
    def uses_a_model(self) -> bool:
        """Whether a language model writes the answers."""
        given = (
            self.advisor.base_url,
            self.advisor.api_key,
            self.openai_api_key,
            self.openai_base_url,
        )
        return any(given)


def load_settings(**overrides: Any) -> Settings:
    """The settings from the environment, `.env` and what is given here.

    Raises `SettingsError` naming every setting that is wrong, never its value.
    """
    _refuse_unknown()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'TIGHTROPE_' + '__'.join(map(str, one['loc'])).upper() if one['loc'] else ''} "
            f"{one['msg'].removeprefix('Value error, ')}".strip()
            for one in error.errors(include_url=False, include_input=False)
        )
        raise SettingsError(f"The settings are not right: {wrong}. See .env.example.") from None


def _refuse_unknown() -> None:
    """A misspelt name in the environment would be passed over in silence."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    unknown = sorted(
        name
        for name in os.environ
        if name.upper().startswith(PREFIX) and name.upper().split("__")[0] not in known
    )
    if unknown:
        raise SettingsError(
            f"The settings are not right: {', '.join(unknown)} is not known. See .env.example."
        )
