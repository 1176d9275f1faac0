"""Writes formats.ndjson: what Python's draft-07 format checker says of many
strings. Needs pip install 'jsonschema[format-nongpl]'. Run again by hand when
Python's answers are to be looked at anew; the tests read the file only."""
import json
import random
import warnings

from jsonschema import Draft7Validator

warnings.simplefilter("ignore")
checker = Draft7Validator.FORMAT_CHECKER
random.seed(7)

seeds = {
    "date-time": ["2026-11-22T14:20:46.357294+00:00", "2026-11-22T14:20:46Z", "2026-11-22t14:20:46z", "2026-02-29T00:00:00Z",
                  "2024-02-29T23:59:59-23:59", "0000-01-01T00:00:00Z", "2026-11-22T14:20:60Z", "2026-11-22T14:20:46.357294+00:00Z",
                  "2026-11-22T24:00:00Z", "2026-11-22 14:20:46Z", "2026-11-22T14:20:46", "2026-11-22T14:20Z", "2026-11-22T14:20:46Z\n",
                  "2026-11-22T14:20:46.Z", "2026-11-22T14:20:46+0000", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z"],
    "date": ["2026-11-22", "20261122", "2026-W47-7", "2026-02-30", "0000-01-01", "0001-01-01", "2026-11-22\n", "2026-1-2", "١٢٣٤-٠١-٠١", "9999-12-31"],
    "time": ["14:20:46Z", "14:20:46", "14:20:46.1+01:30", "24:00:00Z", "14:20:60Z", "14:20:46z", "14:20:46Z\n", "14:20:46-00:00", "14:20Z"],
    "email": ["a@b", "@", "ab", "", "é@ü"],
    "idn-email": ["a@b", "@", "실례@실례.테스트", "x"],
    "hostname": ["example.com", "example.com.", "localhost", "a_b.c", "-a.b", "a-.b", "a..b", ".", "", ".a", "a.", "xn--nxasmq6b", "a" * 63, "a" * 64,
                 ".".join(["a" * 63] * 3 + ["a" * 61]), ".".join(["a" * 63] * 3 + ["a" * 62]), ".".join(["a" * 63] * 3 + ["a" * 61]) + ".", "example.com\n", "ex ample.com", "éa.com", "١.com",
                 "\u212a.com", "ſ.com", "1.2.3.4", "A.B"],
    "idn-hostname": ["example.com", "EXAMPLE.com", "a_b.com", "bücher.de", "Bücher.de", "실례.테스트", "〮실례.테스트", "-a.b", "a-", "a--b", "xn--bcher-kva.de", "xn--x", "", ".", "a..b", "a.", "。",
                     "a。b", "☃.net", "l·l", "a·l", "α͵β", "͵a", "א׳", "a׳", "・a", "・ぁ", "٠۰", "٠٠", "क्‍ष", "क‍ष", "a\u200cb", "ب\u200cب", "ß.de", "ς", "a" * 64, "fußball.de", "abc١", "אa", "אב1",
                     "é", "e\u0301", "日本語.jp", "💩.la", "ー", "x\u0303y", "\u0303a", "Ⅷ", "ª", "ab--cd", "XN--BCHER-KVA", "ﬁ", "क़", "a.b.", "1.2"],
    "ipv4": ["1.2.3.4", "01.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", "", "0.0.0.0", "1..2.3", "١.2.3.4", "1.2.3.4\n", "0x1.2.3.4", "1.2.3.0004", "10.0.0.0/8"],
    "ipv6": ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:1.2.3.4",
             "1:2:3:4:5:6:7:1.2.3.4", "::ffff:01.2.3.4", "fe80::1%eth0", "fe80::1%", ":::", "::1::", ":1", "1:", "12345::", "g::", "1.2.3.4", "1.2.3.4::", "::1.2.3", "1:2:3:4:5:6:7:8:9", "::1.2.3.4:5", "", ":", "1:::2",
             "::2:3:4:5:6:7:8:9", "1:2:3:4:5:6::1.2.3.4", "1:2:3:4:5::1.2.3.4", "::1\n", "::/1"],
    "uri": ["http://example.com", "http://example.com/a?b#c", "urn:a:b", "a:", "a", "//a", "http://[::1]/", "http://[::1", "http://[v1.a:b]/", "http://[::01.002.003.4]/", "http://a b", "http://é", "http://a/%zz", "http://a/%41",
            "mailto:a@b", "http://u:p@h:80/p", "http://u@p@h", "http://h:x", "http://h:", "1a:b", "a+b.c-d:e", "a:/", "a://", "a:///b", "a:b//c", "http://a#b#c", "http://a?b?c", "http://a\n", "a:\n", "", ":", "http://<a>", "http://a/[b]",
            "http://[fe80::1%25eth0]/", "http://1.2.3.4", "a:?q", "a:#f", "http://a%41b", "http://a/\\", "http://[v.a]/", "http://[v1.]/", "http://h:80:80", "http://[1:2:3:4:5:6:7::]", "http://[V1.a]/"],
    "uri-reference": ["", "a", "a:b", "a/b:c", "/", "//", "//h", "///a", "/a//b", "?q", "#f", "a b", "é", "./a:b", "1:b", "@", "%41", "%4", "a\n", "\n", "a?b#c?d", "a#b#c", ":", "//h:x", "//[::1]:1/x", "a;b=c"],
    "uri-template": ["", "a", "{a}", "{a", "a}", "{}", "{+a}", "{#a}", "{?a,b*}", "{a:3}", "{a:0}", "{a:1000}", "{a:x}", "{a,}", "{,a}", "{,+a}", "{a[]}", "{a=b}", "{=a}", "{!a}", "{a b}", "{a.b}", "{a/b}", "{%41}", "{%4}", "{{a}}", "{a}{b}", "{+}", "{a,,b}",
                     "{a}}", "é", " ", "{é}", "{a\n}", "{a\nb}", "{/a*}", "{&a}", "{;a}", "{a:3*}", "{a*:3}", "{*}", "{a:}", "{a=}", "{a.}", "{_}", "{|a}", "{,}", "{+a,b:2}"],
    "json-pointer": ["", "/", "/a", "a", "/~0", "/~1", "/~2", "/~", "~", "//", "/a/b", "/é", "\n", "/\n", "/~\n", "#/a"],
    "relative-json-pointer": ["", "0", "1", "0#", "1#", "1/a", "01", "10", "101", "100", "1a", "#", "/a", "-1", "1##", "0/~2", "11/b", "120#", "1.5"],
    "regex": ["a", "a+", "(", ")", "[", "]", "a**", "a{2,1}", "a{1}{2}", "(?=a)b", "(?!a)", "(?<=a)b", "(?<=a+)b", "(?<!ab)c", r"(a)\1", r"\1", r"(a\1)", r"(?P<n>a)(?P=n)", "(?P<n>a)(?P<n>b)", "(?P=n)", "(?<n>a)", "[z-a]", r"[\d-z]", r"\p{L}", r"\d", r"\q",
              "{", "a{", "a{,}", "a{1", "{1}", "*", "a|*", "(*)", "(?:)", "(?i)a", "a(?i)", "(?i:a)", "(?L)a", "(?x) a # b", "\\", r"\x4", r"\x41", r"\u12", r"\u0041", r"\U00110000", r"\U0001F600", r"\400", r"\377", r"\08", r"\8", "[]a]", "[]", "[^]", "[^]a]", "a*?", "a*+", "a++",
              "a?+", "a*??", "(?>a)", "(?#c)a", "(?#c", "(?(1)a|b)", "(a)(?(1)a|b)", "(a)(?(1)a|b|c)", "(?P<1>a)", "(?Pa)", "^*", "$+", r"\b*", r"\Z", r"\z", r"\A", "(?i-s:a)", "(?-i:a)", "(?-:a)", "(?i", "(?ii)", "(?z)", "[a-\\d]", r"[\b]", r"[\B]", r"[\8]", "", "|", "a||b", r"\Qa\E",
              "[[:alpha:]]", "(?U)a", "(?s)a", "(?m)^a$", r"\C", "(?au)a", "(?a)a", "(?=a)*", "(?:a{0,1000}){0,1000}", "a{1001}", "(?<=(a))b", "(?<=a|bc)d", "(?<=a|b)d", r"(a)(?<=\1)b", r"(?<=(a)\1)", "(?P<a>", "(?P<a", "(?P<a b>c)", r"\N{DIGIT ONE}", "é", "(?P<é>a)", "((((a))))", "(?", "(?P", "(?<", "(?<a", "(?=", "a{99999999999}", "a{4294967295}"],
}
alphabets = {
    "date-time": "0123456789-:.TZtz+ \n", "date": "0123456789-W", "time": "0123456789:.Zz+-\n", "email": "@a", "idn-email": "@a",
    "hostname": "aZ-.0_\n", "idn-hostname": "aZ-.0_bé", "ipv4": "0123456789.", "ipv6": ":0123456789abfg.", "uri": "ab:/?#[]@%41 .é",
    "uri-reference": "ab:/?#[]@%41 .é", "uri-template": "{}ab,:*+=%41.[]\n", "json-pointer": "/~012a", "relative-json-pointer": "0123/~#a",
    "regex": "ab()[]{}*+?|\\^$0,1-:=!<>Pdi#",
}


def mutate(s, alphabet):
    s = list(s)
    for _ in range(random.randint(1, 2)):
        i = random.randint(0, len(s))
        kind = random.randint(0, 2)
        if kind == 0:
            s.insert(i, random.choice(alphabet))
        elif kind == 1 and i < len(s):
            s[i] = random.choice(alphabet)
        elif i < len(s):
            del s[i]
    return "".join(s)


def valid(format, text):
    try:
        return checker.conforms(text, format)
    except Exception:  # it would end the program that validates
        return False


with open(__file__.replace(".py", ".ndjson"), "w") as out:
    for format, texts in seeds.items():
        assert format in checker.checkers, format
        every = dict.fromkeys(texts)
        for _ in range(500 if len(texts) > 6 else 20):
            every[mutate(random.choice(texts), alphabets[format])] = None
        for text in every:
            print(json.dumps([format, text, valid(format, text)]), file=out)
