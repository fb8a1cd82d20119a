"""Speech recognition that is always there: the `pocketsphinx` package, US English.

It needs no download and no graphics card; it errs more than the large models do.
"""

from steno.plugins import Aligner, AsrBackend, Model, Splitter, hookimpl
from steno_pocketsphinx.settings import RecognizerSettings, SplitterSettings

MODEL = Model(kind="pocketsphinx", id="en-us", title="US English", languages=("en",))


RANK = 10
"""Above that of a plugin that says nothing, so that installing one changes no default."""


@hookimpl
def steno_asr_backends() -> list[AsrBackend]:
    return [
        AsrBackend(
            name="pocketsphinx",
            title="PocketSphinx (English, light, errs often)",
            factory="steno_pocketsphinx.recognizer:PocketSphinxRecognizer",
            requires=("pocketsphinx",),
            settings=RecognizerSettings,
            models=(MODEL,),
            word_times=True,
            drafts=True,
            processes=0,
            rank=RANK,
        )
    ]


@hookimpl
def steno_aligners() -> list[Aligner]:
    return [
        Aligner(
            name="pocketsphinx",
            title="PocketSphinx forced alignment (English)",
            factory="steno_pocketsphinx.aligner:PocketSphinxAligner",
            rank=RANK,
            requires=("pocketsphinx",),
            languages=("en",),
        )
    ]


@hookimpl
def steno_splitters() -> list[Splitter]:
    return [
        Splitter(
            name="pocketsphinx",
            title="WebRTC voice activity detection, as PocketSphinx carries it",
            factory="steno_pocketsphinx.splitter:PocketSphinxSplitter",
            rank=RANK,
            requires=("pocketsphinx",),
            settings=SplitterSettings,
        )
    ]
