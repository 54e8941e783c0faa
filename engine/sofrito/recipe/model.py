"""The recipe: everything its file may say, as frozen models."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from sofrito.recipe.base import Part
from sofrito.recipe.entries import Check
from sofrito.recipe.field_types import Count, Name
from sofrito.recipe.model_output import Output
from sofrito.recipe.model_rows import Axis, Cover, Seeds
from sofrito.recipe.verb import Verb
from sofrito.recipe.version import VERSION
from sofrito.recipe.vocabulary import parse_check, parse_verb

EMBEDDER = "embedder"
"""The model that makes vectors where a step names none; declared or not."""

SANDBOXES: Mapping[str, str] = {name: f"{name} sandbox" for name in ("wasm", "bwrap", "unsafe")}
"""What answers calls to run a program, by runner; no name that a recipe can give a model."""

MATHEMATICS = "math-verify"
"""What answers calls to compare mathematics."""

CHECKERS = (*SANDBOXES.values(), MATHEMATICS)
"""Those of them that find out, and write nothing."""

Chain = tuple[Annotated[Check, BeforeValidator(parse_check)], ...]
Steps = tuple[Annotated[Verb, BeforeValidator(parse_verb)], ...]


class Price(Part):
    """What a model costs, in US dollars for a million tokens."""

    example: ClassVar[Mapping[str, Any]] = {"input": 0.15, "output": 0.6}

    input: float = Field(ge=0)
    """Dollars for a million tokens read."""

    output: float = Field(ge=0)
    """Dollars for a million tokens written."""


class Acceptance(Part):
    """That the terms of a model were read, and why they allow what the dataset is for."""

    example: ClassVar[Mapping[str, Any]] = {"accepted-because": "it trains no competing model"}

    accepted_because: str = Field(alias="accepted-because", pattern=r"\S")
    """Why, in your words; the manifest and the dataset card repeat it."""


class Model(Part):
    """A teacher: an embedded model (`model: local`, `path:`, `hub:`) or one of a server."""

    example: ClassVar[Mapping[str, Any]] = {"model": "local"}

    backend: str = "llama.cpp"
    """What runs the model: `llama.cpp` in this process, `openai` for any OpenAI-compatible server, \
`transformers` for a Hugging Face checkpoint, `wordllama` for small embeddings, `scripted` for a \
made-up one that costs nothing, whatever else the model says."""

    model: str = ""
    """`local` for the embedded starter model; with `backend: openai`, the server's name of the model."""

    path: str = ""
    """A GGUF file on this machine; with `backend: transformers`, a checkpoint's folder or a GGUF file."""

    hub: str = Field(default="", pattern=r"^$|^[^/\s]+/[^/\s]+(/.+\.gguf)?$")
    """A GGUF file on the Hugging Face hub, as owner/repository/file.gguf; with \
`backend: transformers`, a checkpoint as owner/repository."""

    revision: str = ""
    """A word of yours for what a server has behind the model's name: where another one answers by the \
same name, change it, and nothing of the journal is taken for its answer."""

    base_url: str = Field(default="", pattern=r"^$|^https?://\S+$")
    """The server's address up to and including /v1."""

    api_key: str = Field(default="", pattern=r"^$|^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")
    """`${NAME}`: the environment variable that holds the key. A key itself never stands in a recipe."""

    chat_template: str = ""
    """A chat template for a model that brings none or a wrong one: a .jinja file below the recipe's \
folder, or `chatml`."""

    context: int = Field(default=0, ge=0)
    """Tokens of an embedded model for a prompt and its answer; 0 takes its own, at most 8,192."""

    parallel: int = Field(default=0, ge=0, le=128)
    """Answers an embedded model writes at once; 0 takes what suits the model, the memory and the \
cores. With 1, an answer is the same to the last bit whenever it is asked for on one machine."""

    requantize: Literal["auto", "off", "q8_0", "q4_0"] = "auto"
    """Whether a GGUF is turned, once, into a kind of weights that this processor is fast at: `off` \
keeps it as it is; `auto` does so for the starter model only."""

    threads: int = Field(default=0, ge=0)
    """Threads of an embedded model; 0 takes the cores that are idle when it is loaded."""

    concurrency: int = Field(default=0, ge=0)
    """The most calls to a server in flight at once; 0 finds out how many it bears."""

    calls_per_minute: Count | None = None
    """The most calls a minute that the server allows."""

    tokens_per_minute: Count | None = None
    """The most tokens a minute, read and written, that the server allows."""

    batch: bool = False
    """Ask by the server's batch jobs: half the price, an answer within a day."""

    price: Price | None = None
    """What the model costs, where the price table does not know or you pay another price."""

    terms: Acceptance | None = None
    """For a model whose terms forbid, as far as is known, to train on its answers: why it is allowed \
here, `{accepted-because: …}`. Without it such a model is an error."""

    timeout_seconds: float = Field(default=120, gt=0)
    """How long one try of a server may take, counted from sending."""


def _default(value: Any) -> Any:
    return value if isinstance(value, dict | Param) else {"default": value}


class Param(Part):
    """A parameter of a recipe: its type, its value unless another one is given, what it is for.

    It is `{{ params.NAME }}` in templates, `params.NAME` in expressions, and `${params.NAME}` in the
    recipe's other values. It is given by `--set NAME=VALUE`, or by a recipe that extends this one.
    """

    example: ClassVar[Mapping[str, Any]] = {"type": "string", "default": "physics"}

    type: Literal["string", "integer", "number", "boolean", "list"] | None = None
    """What its value must be; that of the default where nothing is said, without one a text."""

    default: Annotated[Any, WithJsonSchema({"type": ["string", "number", "boolean", "array"]})] = (
        None
    )
    """Its value. Without one, it must be given for each run."""

    choices: tuple[Any, ...] = ()
    """The values allowed; any of its type if empty."""

    doc: str = ""
    """What it is for."""


class Budget(Part):
    """What a dataset may cost, over all sessions of its run; reached, the run stops in order."""

    calls: Count | None = None
    """Calls to teachers, each try counted; runs of programs and comparisons of mathematics are none."""

    tokens: Count | None = None
    """Tokens read and written by teachers."""

    usd: float | None = Field(default=None, gt=0)
    """US dollars paid to servers; each model asked needs a known price."""

    minutes: float | None = Field(default=None, gt=0)
    """Minutes one session may take."""


class Recipe(Part):
    """A recipe for a dataset."""

    recipe: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """The recipe's name: lower case, digits and hyphens."""

    sofrito: int = Field(default=VERSION, ge=1)
    """The version of the language that the recipe is written in; the newest where it does not say. \
`sofrito migrate` brings an older one up to it."""

    extends: str = ""
    """Another recipe of which this one changes parts: a shipped recipe's name, a folder or file below \
this one's folder, or `../NAME` beside it. Mappings are merged, lists replaced, null removes; `steps` \
may be a mapping from the name of a step there to what is other in it."""

    params: dict[
        Name,
        Annotated[
            Param,
            BeforeValidator(_default),
            WithJsonSchema(
                {
                    "type": ["object", "string", "number", "boolean", "array"],
                    "if": {"type": "object"},
                    "then": {"$ref": "#/$defs/Param"},
                }
            ),
        ],
    ] = {}
    """Parameters by name: a default, which gives the type, or more about it."""

    title: str = ""
    """What the recipe makes, in one line."""

    description: str = ""
    """More about it."""

    license: str = ""
    """The licence of the recipe itself, as an SPDX identifier."""

    tags: tuple[str, ...] = ()
    """Words by which a gallery finds the recipe."""

    seed: int = 0
    """The number that everything random derives from."""

    models: dict[Name, Model] = {"teacher": Model(model="local")}
    """The teachers by name. A step without `model` asks `teacher`, or the only one there is."""

    seeds: dict[Name, Seeds] = {}
    """Pools of rows by name."""

    axes: dict[Name, Axis] = {}
    """Dimensions along which rows are spread; each is a column of every row."""

    cover: Cover = Cover()
    """How the axes are combined."""

    from_: str = Field(default="", alias="from")
    """A seed pool: one candidate starts from each of its rows, in order, with the row's columns."""

    rows: Count | None = None
    """Rows that reach the output. May be missing with `from` and no axes: then each seed row has one \
candidate; or with axes that are covered `full` or `pairwise` and no `from`: then each combination has \
one. All the rows that come of them count."""

    round: int = Field(default=32, ge=1)
    """Candidates in a round; a pool that grows is frozen for a round. Well below `rows`, or nothing grows."""

    lag: int = Field(default=1, ge=0)
    """Rounds that may be open at once beyond the first; 0 waits for each round to end."""

    budget: Budget = Budget()
    """What the dataset may cost."""

    chains: dict[Name, Annotated[Chain, Field(min_length=1)]] = {}
    """Filter chains by name, used in `by` as `chain: NAME`."""

    steps: Annotated[Steps, Field(min_length=1)]
    """What happens to a row, in order."""

    output: Output
    """What is written."""

    def values(self) -> dict[str, Any]:
        """Return the parameters' values by name; of one that was not given, None."""
        return {name: param.default for name, param in self.params.items()}

    def labels(self) -> tuple[str, ...]:
        """Return what each step is called; a second `filter output` is `filter output (2)`."""
        seen: dict[str, int] = {}
        labels = []
        for step in self.steps:
            seen[step.label] = times = seen.get(step.label, 0) + 1
            labels.append(step.label if times == 1 else f"{step.label} ({times})")
        return tuple(labels)

    def model(self, name: str) -> Model:
        """Return a model that steps ask; of those not declared only :data:`UNDECLARED` exist."""
        return (
            UNDECLARED[name]
            if name not in self.models and name in UNDECLARED
            else self.models[name]
        )

    def model_for(self, step_model: str) -> str:
        """Return the name of the model a step asks: its own, `teacher`, or the only one; "" if unclear."""
        if step_model:
            return step_model
        if "teacher" in self.models:
            return "teacher"
        return next(iter(self.models)) if len(self.models) == 1 else ""


UNDECLARED: Mapping[str, Model] = {
    EMBEDDER: Model(backend="wordllama"),
    MATHEMATICS: Model(backend=MATHEMATICS),
    **{name: Model(backend=name) for name in SANDBOXES.values()},
}
"""What steps ask that a recipe need not declare."""
