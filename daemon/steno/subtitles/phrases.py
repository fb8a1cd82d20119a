"""Small words that tell where a phrase begins, by language.

Text without punctuation is broken before `conjunctions`; no text is broken after `leaning` words
(articles, prepositions, possessives), which belong to what follows.
"""

from typing import NamedTuple


class Phrases(NamedTuple):
    conjunctions: frozenset[str] = frozenset()
    leaning: frozenset[str] = frozenset()


def _phrases(conjunctions: str, leaning: str) -> Phrases:
    # "and" leans on what it joins as an article does: better at the beginning of a line.
    before = frozenset(conjunctions.split())
    return Phrases(before, frozenset(leaning.split()) | before)


PHRASES: dict[str, Phrases] = {
    "en": _phrases(
        "and but or nor so because although though while whereas unless until since if when "
        "whenever where wherever which who whom whose that whether than as before after then",
        "a an the my your his her its our their this these those some any no every each "
        "of to in on at by for from with without into onto over under about between through "
        "during against among upon within toward towards "
        "i we they he she is are was were be been has have had will would can could shall should "
        "may might must do does did not to very too mr mrs ms dr st prof",
    ),
    "de": _phrases(
        "und oder aber denn sondern doch weil dass daß ob wenn als während obwohl damit bevor "
        "nachdem sobald solange falls sodass indem wo wie welcher welche welches deren dessen",
        "der die das den dem des ein eine einen einem einer eines mein meine meinen dein deine "
        "sein seine seinen ihr ihre ihren unser unsere kein keine keinen dieser diese dieses "
        "diesen diesem jeder jede jedes in im ins an am ans auf aus bei beim mit nach seit von "
        "vom zu zum zur für durch gegen ohne um über unter vor hinter neben zwischen bis "
        "ich du er sie es wir nicht sehr ist sind war waren hat haben wird werden herr frau dr "
        "prof",
    ),
    "fr": _phrases(
        "et ou mais donc or ni car que qui dont où quand lorsque puisque parce si comme quoique "
        "tandis alors",
        "le la les l' un une des du de d' au aux mon ma mes ton ta tes son sa ses notre nos votre "
        "vos leur leurs ce cet cette ces à en dans sur sous par pour avec sans chez entre vers "
        "je tu il elle on nous vous ils elles ne pas très est sont a ont m mme dr",
    ),
    "es": _phrases(
        "y e o u pero sino porque pues que quien quienes cual cuales cuando donde como si aunque "
        "mientras",
        "el la los las lo un una unos unas del de al a en con sin por para sobre entre hacia "
        "desde hasta mi mis tu tus su sus nuestro nuestra este esta estos estas ese esa no muy "
        "es son ha han sr sra dr",
    ),
    "it": _phrases(
        "e ed o ma però perché poiché che chi cui quando dove come se mentre quindi sebbene",
        "il lo la i gli le l' un uno una di del della dei degli delle a al alla ai agli alle da "
        "dal dalla in nel nella nei nelle con su sul sulla per tra fra mio mia tuo tua suo sua "
        "questo questa quel quella non molto è sono ha hanno sig dott",
    ),
    "pt": _phrases(
        "e ou mas porque pois que quem qual quais quando onde como se embora enquanto porém",
        "o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem "
        "sobre entre até meu minha seu sua nosso nossa este esta esse essa não muito é são sr sra",
    ),
    "nl": _phrases(
        "en of maar want omdat dat die wie wat als toen terwijl hoewel zodat voordat nadat waar "
        "wanneer indien dus",
        "de het een mijn jouw zijn haar ons onze hun dit deze in op aan bij met van voor naar uit "
        "over onder tegen door zonder tussen om te tot ik je hij ze we niet zeer is was heeft",
    ),
    "sv": _phrases(
        "och eller men för utan att som när där om eftersom medan fast så innan",
        "en ett den det de min mitt mina din sin sitt sina i på av till från med vid under över "
        "mellan genom utan mot hos jag du han hon vi ni inte mycket är var har",
    ),
    "pl": _phrases(
        "i a oraz lub albo ale lecz bo że który która które którzy gdy kiedy gdzie jeśli jeżeli "
        "ponieważ chociaż więc aby żeby",
        "w we z ze na do od po za przed pod nad o u przy przez dla bez mój moja twój jego jej ten "
        "ta to nie bardzo jest są",
    ),
    "ru": _phrases(
        "и а но или либо что чтобы который которая которое которые когда где если потому хотя "
        "пока как чем поэтому",
        "в во на с со к ко от до из за под над о об у при про через для без по между мой моя "
        "твой его её наш ваш этот эта это не очень",
    ),
}  # fmt: skip

UNKNOWN = Phrases()


def phrases(language: str | None) -> Phrases:
    """What is known of `language`, an ISO 639 code or None; nothing where it is not listed."""
    return PHRASES.get((language or "").replace("_", "-").partition("-")[0].lower(), UNKNOWN)
