package schema

// PlaceID numbers the places of one schema: 0 is every undeclared place, 1 is
// the event itself. Tokens carry it from Check to the policy's plan.
type PlaceID = uint16

// The two places that every schema has.
const (
	Undeclared PlaceID = 0
	Root       PlaceID = 1
)

// Place is a position in the events of one schema: a member name, any array
// item, any member that a pattern describes (policy.md §1). Immutable.
type Place struct {
	ID      PlaceID
	Parent  PlaceID // 0 for Root; the first parent where a schema refers to itself
	Name    string  // the member's name; "" for items, patterns and additional members
	Pointer string  // into the event, as overlays have it: "/cells/*/source"; "" for Root. Several places may have the same
	Kind    PlaceKind

	// Identity tells the place from every other of its schema, and is the same in
	// another version of the schema, or after an upgrade of it, where the place is:
	// the Pointer, with what the names of members are described by where that is
	// not their name: "/meta/{^x_}" for those that match the pattern and no other,
	// "/meta/{^x_}{_id$}" for those that match both, "/meta/{*}" for those that match none,
	// "/meta/{*}{*}" for those that match more patterns than are told apart.
	// "" for Root. So rows, locks and comparisons go by it.
	Identity string

	// Categories are what the place has in the end: the union over all sources,
	// aliases resolved, sorted, root categories added, or the parent's where
	// it has none of its own. Empty and Categorised: nothing to protect. Of
	// Root they are the root categories, which it adds to others.
	Categories  []string
	Categorised bool     // false: uncategorised, denied
	Inherited   bool     // the categories are the parent's
	Origins     []Origin // where each category was said; one per category and source
	Replaced    []Origin // what an overlay with replace = true took away

	// Conditional is set where only conditional ways (anyOf, if, contains,
	// dependencies, …) reach the place: it is undeclared all the same, whatever
	// else stands here. Categories are then only those that these ways add (not the
	// parent's; empty where they add none): where undeclared members follow their
	// parent it goes out only where these are allowed too. A conditional
	// member without added categories needs no place of its own: Undeclared does.
	Conditional bool

	// Vague is set where more may be counted among the Categories than an event's
	// value has: of members that match more patterns at once than are told apart, which
	// have what any pattern says, and of what they hold. They have to be allowed all,
	// whatever else the policy says of several.
	Vague bool

	// Types are the JSON types that the schema allows here, by the
	// unconditional type, enum and const; AnyType where it says none. As what
	// follows it holds for every valid event: what stands beside a $ref counts from
	// draft 2019-09 on only.
	Types TypeSet
	// Closed is set where the value is one of a closed list: enum, const or boolean,
	// or in each branch of an anyOf or oneOf one of these, of at most 4096 values.
	Closed bool
	// Bounded is set where the value is a whole number with a least and a greatest value.
	Bounded bool
	// Enum are the listed values as compact JSON text, where the schema has an enum or
	// const, or its branches are closed; perhaps with some that are not valid.
	Enum []string
	// Required is set where the parent requires the member unconditionally.
	Required bool

	// Text is what the schema says of the value for people: its description, or
	// its title where it has none; "" for neither. Not to be trusted.
	Text string

	// Children are the places directly below, in the order: members by name
	// (sorted), patterns, additional members, items by position, items. Where a
	// schema refers to itself a child may be an ancestor or the place itself:
	// whoever walks down keeps note of where it was.
	Children []PlaceID
}

// PlaceKind tells how a place is reached from its parent.
type PlaceKind uint8

// The kinds of places.
const (
	RootPlace       PlaceKind = iota
	MemberPlace               // a member declared by name
	PatternPlace              // members whose name matches a pattern: the names are content
	AdditionalPlace           // members that nothing else describes: the names are content
	ItemPlace                 // the items of an array
	TuplePlace                // one position of an array
)

// TypeSet is a set of JSON types.
type TypeSet uint8

// The JSON types. IntegerType is within NumberType's values, as in JSON Schema.
const (
	NullType TypeSet = 1 << iota
	BooleanType
	IntegerType
	NumberType
	StringType
	ArrayType
	ObjectType

	AnyType     = NullType | BooleanType | IntegerType | NumberType | StringType | ArrayType | ObjectType
	ScalarTypes = NullType | BooleanType | IntegerType | NumberType | StringType
)

// Origin is where a category of a place was said.
type Origin struct {
	Category string
	Source   string // "schema", "overlay", "catalog", "root" or "parent"
	File     string // the schema or overlay file; "catalog" for the embedded ones
}

// Unrestricted is the category that every output may have.
const Unrestricted = "unrestricted"
