"""Which kinds of weights llama.cpp multiplies fast on a processor."""

_K_QUANTS = frozenset(("Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"))
_I_QUANTS = frozenset(
    ("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS")
)
_FLOATS = frozenset(("F32", "F16", "BF16"))

_FAST = {
    "AVX2": frozenset(("Q4_0", "Q5_0", "Q8_0", "MXFP4")) | _K_QUANTS | _I_QUANTS | _FLOATS,
    "DOTPROD": frozenset(("Q4_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "MXFP4")) | _FLOATS,
}
"""Kinds with a kernel for blocks of rows and columns, by the processor's feature it needs.

llama.cpp 0.3.36's ggml-cpu: repack.cpp, tiled/ and llamafile/sgemm.cpp. What is in neither row is
multiplied a row at a time, as Q4_1 and Q5_1 are everywhere.
"""


def features(system_info: str) -> frozenset[str]:
    """Return what llama.cpp was built for and finds here, such as AVX2, of its own account."""
    pairs = (part.split("=") for part in system_info.replace(":", "|").split("|") if "=" in part)
    return frozenset(name.strip() for name, value in pairs if value.strip() == "1")


def lacks_kernel(kind: str, here: frozenset[str]) -> bool:
    """Whether weights of a ``kind`` (Q4_1) have no fast kernel on a processor with the features ``here``."""
    return not any(kind in kinds for feature, kinds in _FAST.items() if feature in here)
