"""The base of the settings' models: unknown keys are mistakes, and nothing changes later."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A part of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")
