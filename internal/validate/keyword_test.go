package validate

import (
	"fmt"
	"strings"
	"testing"

	"jupyter-events-agent/internal/generate"
)

var tableOfKeywords = []verdict{
	// type
	{`{"type":"integer"}`, `1`, "", ""},
	{`{"type":"integer"}`, `1.0`, "", ""},
	{`{"type":"integer"}`, `-0.000`, "", ""},
	{`{"type":"integer"}`, `1.5e1`, "", ""},
	{`{"type":"integer"}`, `1e-0`, "", ""},
	{`{"type":"integer"}`, `10e-1`, "", ""},
	{`{"type":"integer"}`, `1.05e1`, "type", ""},
	{`{"type":"integer"}`, `1e-1`, "type", ""},
	{`{"type":"integer"}`, `"1"`, "type", ""},
	{`{"type":["integer","number"]}`, `1.5`, "", ""},
	{`{"type":["null","string"]}`, `null`, "", ""},
	{`{"type":["null","string"]}`, `false`, "type", ""},
	{`{"type":"boolean"}`, `true`, "", ""},
	{`{"type":"boolean"}`, `0`, "type", ""},
	{`{"type":"number"}`, `12345678901234567890123`, "", ""},
	{`{"type":"object"}`, `[]`, "type", ""},
	// enum and const: by value, true is not 1
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `1.0`, "", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `"\u0061"`, "", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `[10e-1]`, "", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `{"\u0061":1}`, "", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `true`, "enum", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `[1,1]`, "enum", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `[]`, "enum", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `{"a":1,"b":1}`, "enum", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `{"b":1}`, "enum", ""},
	{`{"enum":[1,"a",null,[1],{"a":1}]}`, `{}`, "enum", ""},
	{`{"enum":["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"]}`, `"q"`, "", ""},
	{`{"enum":["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"]}`, `"r"`, "enum", ""},
	{`{"enum":["\ufffd"]}`, `"\udc00"`, "", ""},
	{`{"enum":[100000000000000000000]}`, `1e20`, "", ""},
	{`{"enum":[0.1]}`, `0.10000000000000000001`, "enum", ""},
	{`{"properties":{"a":{"enum":["x","y"]}}}`, `{"a":"\u0078"}`, "", ""},
	{`{"properties":{"a":{"enum":["x","y"]}}}`, `{"a":"z"}`, "enum", "/a"},
	{`{"properties":{"a":{"enum":["x","y"]}}}`, `{"a":1}`, "enum", "/a"},
	// numbers
	{`{"minimum":1}`, `1.0`, "", ""},
	{`{"minimum":1}`, `0.999999999999999999999`, "minimum", ""},
	{`{"minimum":-1.5}`, `-2`, "minimum", ""},
	{`{"minimum":1e300}`, `99e299`, "", ""},
	{`{"minimum":0}`, `-0`, "", ""},
	{`{"maximum":100}`, `1e2`, "", ""},
	{`{"maximum":100}`, `100.01`, "maximum", ""},
	{`{"maximum":9223372036854775807}`, `9223372036854775808`, "maximum", ""},
	{`{"maximum":-1}`, `1`, "maximum", ""},
	{`{"maximum":0.5}`, `1e-400`, "", ""},
	{`{"multipleOf":0.01}`, `4.35`, "", ""},
	{`{"multipleOf":0.01}`, `4.355`, "multipleOf", ""},
	{`{"multipleOf":0.1}`, `1e300`, "", ""},
	{`{"multipleOf":3}`, `12345678901234567890123457`, "multipleOf", ""},
	{`{"multipleOf":3}`, `0`, "", ""},
	{`{"multipleOf":3}`, `-9`, "", ""},
	// strings: code points after decoding
	{`{"maxLength":2}`, `"😀😀"`, "", ""},
	{`{"maxLength":2}`, `"\ud83d\ude00\u00e9"`, "", ""},
	{`{"maxLength":2}`, `"\ud83d\ud83d\ude00"`, "", ""},
	{`{"maxLength":2}`, `"\ude00\ud83d\n"`, "maxLength", ""},
	{`{"minLength":2}`, `"é"`, "minLength", ""},
	{`{"minLength":2}`, `7`, "", ""},
	{`{"pattern":"^a.c$"}`, `"a\u00e9c"`, "", ""},
	{`{"pattern":"b"}`, `"abc"`, "", ""},
	{`{"pattern":"^b"}`, `"abc"`, "pattern", ""},
	{`{"format":"date-time"}`, `"2026-11-22T14:20:46.357294+00:00"`, "", ""},
	{`{"format":"date-time"}`, `"2026-11-22\u005414:20:46Z"`, "", ""},
	{`{"format":"date-time"}`, `"2026-11-22"`, "format", ""},
	{`{"format":"email"}`, `"@"`, "", ""},
	{`{"format":"email"}`, `5`, "", ""},
	{`{"format":"uuid"}`, `"x"`, "", ""},
	{`{"format":"duration"}`, `"x"`, "", ""},
	{`{"format":"iri"}`, `" "`, "", ""},
	{`{"format":"color"}`, `" "`, "", ""},
	{`{"format":"period"}`, `" "`, "", ""},
	{`{"format":"ip-address"}`, `" "`, "", ""},
	// arrays
	{`{"items":{"type":"string"}}`, `["a",1]`, "type", "/1"},
	{`{"items":{"items":{"type":"string"}}}`, `[[],["a","b",3]]`, "type", "/1/2"},
	{`{"minItems":1}`, `[]`, "minItems", ""},
	{`{"maxItems":1}`, `[[],[]]`, "maxItems", ""},
	// objects
	{`{"required":["a","b"]}`, `{"a":1}`, "required", ""},
	{`{"required":["a"]}`, `{"\u0061":1}`, "", ""},
	{`{"properties":{"a":{"type":"null"}}}`, `{"b":1}`, "", ""},
	{`{"properties":{"a":{"properties":{"b":{"type":"null"}}}}}`, `{"a":{"x":1,"b":1}}`, "type", "/a/b"},
	{`{"properties":{"a":{}},"additionalProperties":false}`, `{"a":1,"secret":1}`, "additionalProperties", ""},
	{`{"properties":{"a":{}},"additionalProperties":{"type":"null"}}`, `{"a":1,"secret":1}`, "type", "/*"},
	{`{"properties":{"a":{}},"additionalProperties":{"properties":{"a":{"type":"null"}}}}`, `{"secret":{"a":1}}`, "type", "/*/a"},
	{`{"properties":{"a/b~":{"type":"null"}}}`, `{"a/b~":1}`, "type", "/a~1b~0"},
	{`{"required":["b"],"additionalProperties":false}`, `{"b":1}`, "additionalProperties", ""},
	{`{"minProperties":2}`, `{"a":1}`, "minProperties", ""},
	{`{"maxProperties":1}`, `{"a":1,"b":1}`, "maxProperties", ""},
	{`{"dependencies":{"a":["b"]}}`, `{"a":1}`, "dependencies", ""},
	{`{"dependencies":{"a":["b"]}}`, `{"c":1}`, "", ""},
	{`{"dependencies":{"a":{"properties":{"c":{"type":"null"}}}}}`, `{"a":1,"c":1}`, "type", "/c"},
	// combinations
	{`{"allOf":[{"type":"object"},{"required":["a"]}]}`, `{}`, "required", ""},
	{`{"anyOf":[{"type":"string"},{"minimum":3}]}`, `2`, "anyOf", ""},
	{`{"anyOf":[{"type":"string"},{"minimum":3}]}`, `4`, "", ""},
	{`{"oneOf":[{"multipleOf":2},{"multipleOf":3}]}`, `6`, "oneOf", ""},
	{`{"oneOf":[{"multipleOf":2},{"multipleOf":3}]}`, `5`, "oneOf", ""},
	{`{"oneOf":[{"multipleOf":2},{"multipleOf":3}]}`, `9`, "", ""},
	{`{"not":{"required":["a"]}}`, `{"a":1}`, "not", ""},
	{`{"properties":{"a":{"not":{"type":"null"}}}}`, `{"a":null}`, "not", "/a"},
	{`{"allOf":[{"properties":{"a":{"type":"null"}}},{"properties":{"b":{"type":"null"}}}]}`, `{"a":null,"b":1}`, "type", "/b"},
	{`{"allOf":[{"properties":{"a":{}},"additionalProperties":false}],"properties":{"b":{}}}`, `{"a":1,"b":1}`, "additionalProperties", ""},
	// references
	{`{"properties":{"a":{"$ref":"#/definitions/n"}},"definitions":{"n":{"type":"null"}}}`, `{"a":1}`, "type", "/a"},
	{`{"properties":{"next":{"$ref":"#"},"v":{"type":"null"}}}`, `{"next":{"next":{"v":0}}}`, "type", "/next/next/v"},
	// what is not known is not judged
	{`{"type":"null","title":"x","description":"y","default":1,"examples":[2],"categories":["a"],"x-unknown":{"type":"string"}}`, `null`, "", ""},
}

func TestKeywords(t *testing.T) {
	for _, draft := range generate.Drafts {
		var table []verdict
		for _, c := range tableOfKeywords {
			if strings.Contains(c.schema, `"const"`) && strings.Contains(draft, "draft-04") {
				continue
			}
			if draft != "" {
				c.schema = fmt.Sprintf(`{"$schema":%q,%s`, draft, c.schema[1:])
			}
			table = append(table, c)
		}
		runVerdicts(t, true, table)
	}
}

func TestKeywordsOfSomeDrafts(t *testing.T) {
	const d4, d6, d2019, d2020 = `{"$schema":"http://json-schema.org/draft-04/schema#",`, `{"$schema":"http://json-schema.org/draft-06/schema",`,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema",`, `{"$schema":"https://json-schema.org/draft/2020-12/schema",`
	runVerdicts(t, true, []verdict{
		{`true`, `1`, "", ""},
		{`false`, `1`, "false", ""},
		{`{"properties":{"a":false}}`, `{"a":1}`, "false", "/a"},
		{`{"properties":{"a":true},"additionalProperties":false}`, `{"a":1}`, "", ""},
		{`{"const":{"a":[1,{"b":null}]}}`, `{"a":[1.0,{"b":null}]}`, "", ""},
		{`{"const":1}`, `true`, "const", ""},
		{`{"const":null}`, `false`, "const", ""},
		{`{"const":null}`, `null`, "", ""},
		{`{"properties":{"a":{"const":"x"}}}`, `{"a":"y"}`, "const", "/a"},
		{d4 + `"const":1}`, `2`, "", ""},
		{d4 + `"minimum":1,"exclusiveMinimum":true}`, `1`, "exclusiveMinimum", ""},
		{d4 + `"maximum":1,"exclusiveMaximum":false}`, `1`, "", ""},
		{d4 + `"id":"https://example.org/s#","propertyNames":false,"if":false,"contains":false}`, `{"a":1}`, "", ""},
		{d6 + `"exclusiveMaximum":1}`, `1.0`, "exclusiveMaximum", ""},
		{d6 + `"if":true,"then":false}`, `1`, "", ""},
		{`{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":1}`, "required", ""},
		{`{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":1,"b":1}`, "", ""},
		{`{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"c":1}`, "", ""},
		{`{"if":{"required":["a"]},"then":{"required":["b"]}}`, `{}`, "", ""},
		{`{"then":false,"else":false}`, `{}`, "", ""},
		{`{"$ref":"#/definitions/n","type":"string","definitions":{"n":{"type":"null"}}}`, `null`, "", ""}, // beside $ref nothing counts
		{d2019 + `"$ref":"#/$defs/n","type":"string","$defs":{"n":{"type":"null"}}}`, `null`, "type", ""},
		{d2019 + `"dependentRequired":{"a":["b"]}}`, `{"a":1}`, "dependentRequired", ""},
		{d2019 + `"dependentSchemas":{"a":{"maxProperties":1}}}`, `{"a":1,"b":1}`, "maxProperties", ""},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, "", ""},
		{`{"propertyNames":{"pattern":"^.$"}}`, `{"a":1,"\u00e9":2}`, "", ""},
		{`{"propertyNames":{"pattern":"^a$"},"required":["zz"]}`, `{"zz":2}`, "pattern", "/zz"},
		{`{"propertyNames":{"maxLength":2}}`, `{"secret":2}`, "maxLength", "/*"},
		{d2020 + `"items":{"type":"null"}}`, `[null,1]`, "type", "/1"},
		{d2020 + `"$ref":"#n","$defs":{"n":{"$anchor":"n","type":"null"}}}`, `1`, "type", ""},
		{d2019 + `"contentEncoding":"base64"}`, `"!"`, "", ""},
	})
	runVerdicts(t, false, []verdict{
		{`{"uniqueItems":true}`, `[1,1.0]`, "uniqueItems", ""},
		{`{"properties":{"b":{"contains":{"const":1}}}}`, `{"b":[2,3]}`, "contains", "/b"},
		{`{"patternProperties":{"^s":{"type":"null"}},"required":["a"]}`, `{"secret":1,"a":1}`, "type", "/*"},
		{`{"items":[{"type":"null"}],"additionalItems":{"type":"string"}}`, `[null,1]`, "type", "/1"},
		{`{"contentEncoding":"base64"}`, `"!"`, "contentEncoding", ""},
		{d2020 + `"prefixItems":[{"type":"null"}],"items":false}`, `[null,1]`, "false", "/1"},
		{d2020 + `"unevaluatedProperties":false,"properties":{"a":{}}}`, `{"a":1,"b":1}`, "false", "/*"},
		{d2020 + `"$dynamicRef":"#n","$defs":{"n":{"$dynamicAnchor":"n","type":"null"}}}`, `1`, "type", ""},
		{d2019 + `"$recursiveAnchor":true,"properties":{"a":{"$recursiveRef":"#"},"v":{"type":"null"}}}`, `{"a":{"v":1}}`, "type", "/a/v"},
	})
}

// TestWide has more members and required ones than one word of bits.
func TestWide(t *testing.T) {
	var properties, required, members []string
	for i := range 200 {
		properties = append(properties, fmt.Sprintf(`"m%d":{"type":"integer"}`, i))
		required = append(required, fmt.Sprintf(`"m%d"`, i))
		members = append(members, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	schema := `{"properties":{` + strings.Join(properties, ",") + `},"required":[` + strings.Join(required, ",") + `],"additionalProperties":false}`
	var table []verdict
	for _, nested := range []struct{ schema, before, after, at string }{
		{schema, "", "", ""}, {`{"allOf":[` + schema + `]}`, "", "", ""}, {`{"items":` + schema + `}`, "[", "]", "/0"},
	} {
		line := func(members []string) string {
			return nested.before + "{" + strings.Join(members, ",") + "}" + nested.after
		}
		table = append(table, verdict{nested.schema, line(members), "", ""})
		for _, without := range []int{0, 63, 64, 199} {
			less := append(append([]string{}, members[:without]...), members[without+1:]...)
			table = append(table, verdict{nested.schema, line(less), "required", nested.at})
		}
		table = append(table, verdict{nested.schema, line(append([]string{`"x":1`}, members...)), "additionalProperties", nested.at})
	}
	runVerdicts(t, true, table)
}
