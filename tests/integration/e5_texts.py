"""Texts that the embedder must read as its reference does: 25 languages, 15 scripts, odd input."""

from __future__ import annotations

SENTENCES = {
    "en": [
        "My best engineer has gone quiet in meetings since the reorganisation.",
        "Hand over the agenda and let them bring what matters to them.",
        "We missed the deadline twice; who decides what we drop?",
    ],
    "de": [
        "Meine beste Ingenieurin sagt seit der Umstrukturierung in Besprechungen nichts mehr.",
        "Wie gebe ich Rückmeldung, ohne dass er sich angegriffen fühlt?",
        "Der Vorstand ändert jede Woche die Prioritäten, und das Team ist müde.",
    ],
    "es": [
        "Mi mejor ingeniero se ha quedado callado desde la reorganización.",
        "¿Cómo delego un trabajo importante sin perder el control?",
        "Dos personas mayores del equipo no se hablan y todos lo notan.",
    ],
    "fr": [
        "Mon équipe ne sait plus pourquoi elle travaille, elle exécute.",
        "Comment annoncer une mauvaise nouvelle sans casser la confiance ?",
        "On m'a nommé chef de mes anciens collègues, et l'un d'eux m'ignore.",
    ],
    "pt": [
        "A minha equipa tem medo de errar e já ninguém propõe nada.",
        "Como digo à minha chefe que o prazo não é realista?",
        "Ele chega sempre atrasado às reuniões e não explica porquê.",
    ],
    "it": [
        "Il mio collaboratore più bravo vuole andarsene entro l'estate.",
        "Come misuro il lavoro senza controllare ogni passo?",
        "Nessuno parla nelle riunioni finché non parlo io.",
    ],
    "pl": [
        "Mój najlepszy pracownik przestał się odzywać na spotkaniach.",
        "Jak przekazać zadanie, żeby nie wróciło do mnie w piątek?",
        "Zespół boi się błędów, więc niczego nie próbuje.",
    ],
    "tr": [
        "Ekibim yeniden yapılanmadan beri toplantılarda sessiz kalıyor.",
        "Önemli bir işi kontrolü kaybetmeden nasıl devrederim?",
        "İki kıdemli çalışan birbirine katlanamıyor.",
    ],
    "vi": [
        "Kỹ sư giỏi nhất của tôi im lặng trong các cuộc họp từ khi tái cơ cấu.",
        "Làm sao để góp ý mà không làm người ta tổn thương?",
        "Chúng tôi trễ hạn hai lần và không ai biết ưu tiên điều gì.",
    ],
    "ru": [
        "Мой лучший инженер замолчал на встречах после реорганизации.",
        "Как дать обратную связь человеку, который сразу обижается?",
        "Мы сорвали срок дважды, и никто не решает, от чего отказаться.",
    ],
    "uk": [
        "Команда втомилася від постійних змін і не бачить сенсу.",
        "Як передати відповідальність і не контролювати кожен крок?",
        "Двоє старших колег не розмовляють між собою.",
    ],
    "el": [
        "Ο καλύτερος μηχανικός μου σωπαίνει στις συναντήσεις μετά την αναδιοργάνωση.",
        "Πώς δίνω ανατροφοδότηση χωρίς να πληγώσω κάποιον;",
        "Χάσαμε την προθεσμία δύο φορές.",
    ],
    "ar": [
        "أفضل مهندس لدي أصبح صامتا في الاجتماعات منذ إعادة الهيكلة.",
        "كيف أقدم ملاحظات صعبة دون أن أجرح أحدا؟",
        "فاتنا الموعد مرتين ولا أحد يعرف ما هو الأهم.",
    ],
    "fa": [
        "بهترین مهندس من از زمان تغییر ساختار در جلسه‌ها ساکت است.",
        "چگونه کاری مهم را واگذار کنم بدون آنکه کنترل را از دست بدهم؟",
        "اعضای تیم از اشتباه کردن می‌ترسند.",
    ],
    "he": [
        "המהנדסת הטובה ביותר שלי שותקת בישיבות מאז הארגון מחדש.",
        "איך נותנים משוב קשה בלי לפגוע?",
        "פספסנו את המועד פעמיים, ואיש אינו מחליט על מה לוותר.",
    ],
    "hi": [
        "पुनर्गठन के बाद से मेरा सबसे अच्छा इंजीनियर बैठकों में चुप रहता है।",
        "बिना नियंत्रण खोए मैं महत्वपूर्ण काम कैसे सौंपूँ?",
        "हम दो बार समय सीमा चूक गए।",
    ],
    "bn": [
        "পুনর্গঠনের পর থেকে আমার সেরা প্রকৌশলী সভায় চুপ থাকেন।",
        "কাউকে আঘাত না দিয়ে কীভাবে মতামত দেব?",
        "দলের কেউ ভুল করতে সাহস পায় না।",
    ],
    "ta": [
        "மறுசீரமைப்புக்குப் பிறகு என் சிறந்த பொறியாளர் கூட்டங்களில் அமைதியாக இருக்கிறார்.",
        "கட்டுப்பாட்டை இழக்காமல் வேலையை எப்படி ஒப்படைப்பது?",
        "நாங்கள் இரண்டு முறை காலக்கெடுவைத் தவறவிட்டோம்.",
    ],
    "th": [
        "วิศวกรที่เก่งที่สุดของฉันเงียบไปในที่ประชุมตั้งแต่มีการปรับโครงสร้าง",
        "จะให้ข้อเสนอแนะอย่างไรโดยไม่ทำร้ายความรู้สึก",
        "ทีมกลัวความผิดพลาดจึงไม่กล้าลองสิ่งใหม่",
    ],
    "zh": [
        "重组之后，我最好的工程师在会议上不再说话了。",
        "怎样把重要的工作交出去，又不失去控制？",
        "我們兩次錯過了期限，沒有人決定該放棄什麼。",
    ],
    "ja": [
        "組織再編のあと、一番優秀なエンジニアが会議で黙るようになりました。",
        "相手を傷つけずに厳しいフィードバックを伝えるにはどうすればよいですか。",
        "チームが失敗を恐れて、新しいことに挑戦しません。",
    ],
    "ko": [
        "조직 개편 이후 가장 뛰어난 엔지니어가 회의에서 말이 없어졌습니다.",
        "통제력을 잃지 않고 중요한 일을 어떻게 맡길 수 있을까요?",
        "팀원 두 명이 서로 말을 하지 않습니다.",
    ],
    "ka": [
        "ჩემი საუკეთესო ინჟინერი შეხვედრებზე დადუმდა.",
        "როგორ გადავაბარო საქმე ისე, რომ კონტროლი არ დავკარგო?",
        "გუნდს შეცდომის ეშინია.",
    ],
    "hy": [
        "Իմ լավագույն ինժեները հանդիպումներին լռում է։",
        "Ինչպե՞ս հանձնարարել կարևոր աշխատանքը։",
        "Թիմը վախենում է սխալվելուց։",
    ],
    "am": [
        "ምርጡ መሐንዲሴ በስብሰባዎች ላይ ዝም ብሏል።",
        "ጠቃሚ ሥራን እንዴት ላስተላልፍ?",
        "ቡድኑ ስህተት መሥራትን ይፈራል።",
    ],
}

ODD = [
    "",
    " ",
    "\n\t  \r\n",
    "?",
    "a",
    "👍",
    "👩🏽‍💻 is quiet 😶 since the 🏢→🏠 move 👨‍👩‍👧‍👦",
    "🇩🇪🇪🇸🇯🇵",
    "ﷺ ½ ① ﬁ Ⅷ ㌔ ™",
    "ＦＵＬＬ　ｗｉｄｔｈ",
    "e\u0301 vs é, a\u0308 vs ä",
    "zero\u200bwidth\u200djoiners\ufeff and \u202eright to left\u202c marks",
    "<s> </s> <pad> <unk> <mask>",
    "▁already▁cut",
    "x" * 700,
    "word " * 300,
    "12,345.67 € on 2026-11-23 at 14:05",
    "def f(x):\n\treturn {'a': [1, 2, 3]}",
    "https://example.org/a?b=c&d=%20e#f",
    "\x01\x02\x7f\x8f control",
    "𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝓈𝒸𝓇𝒾𝓅𝓉 𝟙𝟚𝟛",
    "\U0010ffff\ue000 private",
    "ꙮ ᚠᚢᚦ 𐎀𐎁 𓀀𓀁 unknown scripts",
]


def texts() -> list[str]:
    """Return more than 500 texts: sentences, pairs across languages, halves, and odd ones."""
    plain = [sentence for group in SENTENCES.values() for sentence in group]
    count = len(plain)
    halves = [text[: len(text) // 2] for text in plain]
    tails = [text[len(text) // 3 :] for text in plain]
    pairs = [f"{plain[n]} {plain[(n * 7 + 3) % count]}" for n in range(count)]
    triples = [" ".join(plain[(n * 11 + step) % count] for step in range(3)) for n in range(count)]
    marked = [f"{n}. {text.upper()} 🙂" for n, text in enumerate(plain)]
    listed = [f"- {text}\n- {plain[count - 1 - n]}\n" for n, text in enumerate(plain)]
    long = [" ".join(group * 5) for group in list(SENTENCES.values())[::3]]
    return [*plain, *halves, *tails, *pairs, *triples, *marked, *listed, *long, *ODD]
