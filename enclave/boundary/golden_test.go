package boundary

// goldenSums are the first eight bytes of the SHA-256 of each golden frame.
var goldenSums = map[string]string{
	"start":                 "80aa96635b1cbef6",
	"start of an empty log": "92279f2e8f32b4c8",
	"certify PREPARE":       "14086c4d1e4005df",
	"certify COMMIT":        "eb6f53f357f5f274",
	"verify":                "a51946065101fb62",
	"executed":              "d563eaf053f39d87",
	"read back":             "2c7a55cc2618ee97",
	"record":                "5fadabae6787353a",
	"ready":                 "324e5b8436322af0",
	"request":               "662ea3fda865a084",
	"certified":             "72b8f12f83f34041",
	"refused":               "b9efddbd3b868747",
	"verified":              "f0c74e4ebaa39548",
	"send":                  "b11b59731a3c0216",
	"get record":            "57b7f5d3b3221fa8",
	"store body":            "a9d981bc2417af3f",
	"host status query":     "58a38e5d5b6f90fb",
	"host status":           "0bba292f1212b05b",
}
