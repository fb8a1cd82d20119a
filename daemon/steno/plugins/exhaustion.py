"""Running out of memory: how libraries say it."""

WORDS = (
    "out of memory",
    "bad_alloc",
    "alloc_failed",
    "allocate memory",
    "could not create a memory object",
)


def is_exhausted(error: BaseException | None) -> bool:
    """Whether `error`, or what caused it, says that memory ran out: this machine's or a GPU's.

    torch has a class of its own for that, others raise RuntimeError in the words of CUDA, cuBLAS,
    C++, MKL, oneDNN or torch.
    """
    while error is not None:
        said = str(error).lower() if isinstance(error, RuntimeError) else ""
        if any(words in said for words in WORDS):
            return True
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return True
        error = error.__cause__ or error.__context__
    return False
