"""Words that flatter, blame, rule on law or call for punishment: no opening or question needs them.

A coach takes nobody's part. Around the advice a model speaks freely, so such words are looked for
there, in the five languages; where one is found the note's own words are shown instead. A text
that only mentions such a word is lost, too: that costs little, as the note's words are good. A
verdict in other words than these is not seen. Names that people are called, and curses, are also
what is not quoted back to the manager who wrote them.
"""

from __future__ import annotations

import re

_FLATTERS = r"""
\byou(?:['’]re| are| were| have been)(?: \w+){0,2}? (?:right|correct|justified|blameless)\b
\byour (?:view|side|version|account)\b.{0,20} (?:true|right|correct)\b
\byou(?:['’]re| are)(?: \w+)? (?:great|excellent|wonderful|brilliant|perfect|amazing)\b
\byou did (?:nothing wrong|everything right)\b|\bnot your fault\b|\bi (?:fully )?agree\b
\b(?:sie haben|du hast) (?:\w+ ){0,3}recht\b|\bim recht\b|\balles richtig gemacht\b
\b(?:vous avez|tu as) (?:\w+ ){0,4}raison\b
\b(?:tiene|tienes) (?:\w+ ){0,4}razón\b
\b(?:great|good|excellent|wonderful|thoughtful) question\b
\bwell done\b|\byou did (?:very |really )?well\b
\byou(?:['’]ve| have)? handled\b.{0,30}\b(?:well|perfectly)\b
\byou(?:['’]re| are) an? (?:\w+ly )?(?:good|caring|strong|thoughtful|born|fine) \w+
\bwhat an? \w+ (?:leader|manager|boss) you are\b|\bit was right (?:of you )?to\b
\b(?:tolle|gute|hervorragende|ausgezeichnete) frage\b|\bsehr gut(?:e)? gemacht\b|\bgut gemacht\b
\b(?:sie sind|du bist) (?:\w+ ){0,2}?(?:gute|tolle|starke|hervorragende)[nrs]? \w+
\b(?:es|das) war (?:ganz |völlig )?richtig\b
\bbravo\b|\b(?:excellente|très bonne|bonne) question\b
\b(?:vous avez|tu as) (?:très )?bien (?:fait|agi|géré)\b
\b(?:vous êtes|tu es) une? (?:très )?(?:bon|bonne|excellente?|grande?) \w+
\bbien hecho\b|\b(?:muy )?(?:buena|excelente) pregunta\b
\b(?:has|ha) hecho (?:muy )?bien\b|\bhiciste (?:muy )?bien\b
\b(?:eres|es usted) una? (?:muy )?(?:buen|buena|gran|excelente) \w+
(?:素晴らしい|いい|良い|よい)(?:ご)?質問|よくやり|よくできました|さすがです|立派な(?:リーダー|上司|マネージャー)
正しい(?:です|のはあなた)|おっしゃる(?:通|とお)り|ごもっとも|悪くありません|悪くない
"""
_BLAMES = r"""
\bowes? (?:you|him|her|them)\b|\bdeserves? (?:to be|it|this|an apology)\b
\b(?:to blame|at fault|guilty)\b|\b(?:his|her|their) (?:own )?fault\b
\b(?:is|are|was|were) (?:\w+ly )?(?:wrong|rude|mean)\b
\b(?:is|are) the (?:whole |real )?problem\b
\bschuldet\b|\b(?:ist|sind|hat|haben|trägt) (?:\w+ )?schuld\b|\b(?:ihre|seine|deren) schuld\b
\b(?:ist|sind) das problem\b|\b(?:est|sont) le problème\b|\b(?:es|son) el problema\b
\bvous doi(?:t|vent)\b|\b(?:est|sont) (?:seule?s? )?(?:coupables?|fautifs?|fautives?)\b
\b(?:votre|sa|leur) faute\b|\b(?:te|le) deben?\b|\btienen? la culpa\b|\bes (?:tu|su) culpa\b
謝るべき|謝罪すべき|のせいです|に非があ
"""
_CALLS_NAMES = r"""
\b(?:lazy|disrespectful|incompetent|toxic|manipulative|narcissist\w*|selfish|arrogant)\b
\b(?:idiots?|stupid)\b
\b(?:childish|immature|unprofessional|ungrateful|dishonest|liar|insubordinate)\b
\b(?:faul|respektlos|unfähig|toxisch|manipulativ|egoistisch|arrogant|kindisch)(?:e[nrms]?)?\b
\b(?:unprofessionell|undankbar|inkompetent|unverschämt|illoyal)(?:e[nrms]?)?\b
\bidiot(?:en|in)?\b|\blügner\w*|\blügt\b
\bmenteu(?:r|rs|se|ses)\b|\bimbéciles?\b
\bmentiros[oa]s?\b|\bidiotas?\b
\b(?:paresseu\w+|irrespectueu\w+|incompétente?s?|toxiques?)\b
\b(?:manipulat\w+|égoïstes?|arrogante?s?|puériles?|ingrate?s?|fainéante?s?)\b
\b(?:perezos|vag)[oa]s?\b
\b(?:irrespetuos[oa]s?|incompetentes?|tóxic[oa]s?|manipulador\w*)\b
\b(?:egoístas?|arrogantes?|inmadur[oa]s?|ingrat[oa]s?)\b
怠惰|怠け者|無礼|失礼な|無能|自己中心|わがまま
"""
_CURSES = r"""
\b(?:mother)?fuck\w*|\b(?:bull|dip|horse)?shit\w*|\bcrap(?:py)?\b|\b(?:god)?damn(?:ed|it)?\b
\b(?:bitch|bastard|moron|cunt|tosser|dickhead|scumbag|dimwit|imbecile|cretin)\w*|\bbloody\b
\b(?:dumb|jack|smart)?ass(?:hole|hat|e)?s?\b|\barse(?:hole)?s?\b|\bhalf-assed\b|\bbollocks\b
\b(?:wankers?|twats?|pricks?|jerks?|douchebags?|retarded|dumb|pissed)\b
\b\w{0,12}schei(?:ß|ss)\w*|\b(?:lahm|klug)?arsch\w*|\bfick(?:t|en|er)?\b|\bverfickt\w*
\b(?:beschissen|verdammt|bescheuert|bekloppt|dämlich|saudumm|strohdumm|hirnlos|drecks)\w*
\b(?:depp|trottel|vollpfosten|wichs|hurens|schlampe|miststück|mistkerl|dummkopf|dummköpf)\w*
\bdumm(?:e[nrms]?)?\b|\bblöde? (?:kuh|sau|ziege)\b
\b(?:conn?ard|connasse|connerie|salop|salaud|enfoir|encul|merd|emmerd|putain|bordel|abruti)\w*
\b(?:débile|crétin|bouffon|couill|chiant|branleu)\w*|\bputes?\b|\bchier\b
\b(?:sale|gros|vrai|pauvre|petit|quel) con(?:ne)?s?\b
\b(?:mierda|joder|jodid|cabr[oó]n|gilipoll|pendej|est[uú]pid|capull|cojon|chingad|subnormal)\w*
\bput[ao]s?\b|\bcoño\b|\bimbécil(?:es)?\b|\b(?:boludo|payaso|tarado)s?\b
クソ|くそ(?:ったれ|野郎|上司|部下|くらえ)|糞|バカ|馬鹿|(?<!れ)ばか(?:だ|な(?!り)|者|野郎|げ|みたい)
アホ|間抜け|マヌケ|ボケ|死ね|ふざけんな|クズ|てめえ|(?:ゴミ|カス)(?:上司|部下|野郎)
"""
_RULES_ON_LAW = r"""
\b(?:il)?legal(?:ly)?\b|\b(?:un)?lawful(?:ly)?\b|\bwithin your rights\b|\bi confirm\b
\bas (?:hr|human resources|an? (?:\w+ )?(?:lawyer|attorney|judge|doctor))\b
\brecht(?:mäßig|swidrig|ens)\b|\b(?:un)?zulässig\b|\bich bestätige\b
\bals (?:\w+ )?(?:hr|personalabteilung|anwalt|anwältin|jurist|juristin|richter|arzt|ärztin)\b
\b(?:il)?légal(?:e|es|ement)?\b|\b(?:il)?licite\b|\bje confirme\b
\ben tant que (?:rh|drh|avocate?|juriste|juge|médecin)\b
\bi?legal(?:es|mente)?\b|\bi?lícit[oa]\b|\bconfirmo\b
\bcomo (?:rr\. ?hh|recursos humanos|abogad[oa]|juez|médic[oa])\b
違法|合法|適法|人事(?:部)?として|弁護士として|医師として
"""
_PUNISHES = r"""
\b(?:sack|dismiss|terminat|demot|punish|disciplin)\w*|\bfir(?:e|ed|ing) \w+
\b(?:the|a|written|formal|official) warning\b|\bapolog(?:y|i[sz]e)\b
\babmahn\w+|\b(?:ge)?kündig\w+|\bentlass\w+|\bbestraf\w+|\bentschuldigung\b
\bavertissements?\b|\blicenci\w+|\bsanctionn\w+|\bblâme\w*|\bpunir\b|\bexcuses\b
\bamonesta\w+|\bdespid\w+|\bdespedir\w*|\bsancion\w+|\bcastig\w+|\bdisculpas?\b
解雇|懲戒|警告書|戒告|処分|降格
"""


def _any(lines: str) -> re.Pattern[str]:
    return re.compile("|".join(filter(None, lines.splitlines())), re.IGNORECASE)


_RUDE = _any(_CALLS_NAMES + _CURSES)
_BLAME = _any(_BLAMES + _CALLS_NAMES)
_VERDICT = _any(_FLATTERS + _BLAMES + _CALLS_NAMES + _RULES_ON_LAW + _PUNISHES)


def judges(text: str) -> bool:
    """Whether a text takes a part, passes a verdict on somebody, or calls for a punishment."""
    return bool(_VERDICT.search(text))


def blames(text: str) -> bool:
    """Whether a text passes a verdict on somebody."""
    return bool(_BLAME.search(text))


def rude(text: str) -> bool:
    """Whether a text calls somebody names, or curses."""
    return bool(_RUDE.search(text))
