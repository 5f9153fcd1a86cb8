package seal

import (
	"encoding/hex"
	"strings"
	"testing"
)

// golden holds what fixed keys, salts and plaintexts seal to. Data on disks has this form: when one of
// these changes, the format version must change too, and the old one stay readable.
var golden = map[string]string{
	"account token": "d949cdb0beaa0021a1a110a887abe654",
	"address": "01050405060000000000000000000000000076ca65fa532efea2d73e4cb2775f" +
		"96cfb650d5c8c9dbb78594a01f4cf8bb3bfedc9f807fb0024633a3e4bdc03de3" +
		"0a09084ff2",
	"body": "01010405060000000000000000000000000076ca65fa532efea2d73e4cb2775f" +
		"96cfb650d5c8c9dbb78594a01f4cf8bb3bfe5a0084b37651d35dd9be344bc58f" +
		"c50a0eba890e7092ba1c62faa4b23746",
	"digest of three segments": "324c9cc032d85c298cdc00b26db2db52c2f15b1d0c1615fde539010e32c7b7a8",
	"empty": "01010405060000000000000000000000000076ca65fa532efea2d73e4cb2775f" +
		"96cfb650d5c8c9dbb78594a01f4cf8bb3bfe2e16093802f7a2e687a4c0379d4e" +
		"4bac",
	"key account-token":    "86e0e4a9212e36dbbb6fc165f1f3cecdb407551df883475f4106c3d141321fff",
	"key account-wrap":     "a7914f35693a3ac9f38abcd1b8af8eb062b8a0c1438f9271cfeca129044be40e",
	"key admin-session":    "4cf32497aa9fce0275c8dd60ef0409a9c42b825c2b1c21f1a3e9bede76080683",
	"key blob-attestation": "78d8fe87d11a1c377d8f787b9357b79a59f8b75a98a9f008ee8ac80a9a183c16",
	"key cache":            "3d71d3721259af1558e0e7ca91833e50811a1dcbaf5e9bc18da2cb48b7fe7238",
	"key certificate":      "7a6cd5dc55cc007124c3ae2a1ff9849af3ae7fd2e360f22585277baa521f6a0b",
	"key founding":         "18b1963a317f60e99f66559a1e3798548a3b3af212bc2d10e397813e5611ac9b",
	"key frontier":         "2e54a9af1109687339e2c29c1e20025331650cddcddf3213065b3e7b6e3315de",
	"key reply":            "507375479fb4593b63c30e0b3d0d241510962285d40c5daf4127df349149615d",
	"key request":          "b600070f62199d11566d3e7cf6e068fbd2defd9597be15f8ff36ecfb1fbd522d",
	"keyword token":        "6954950cca0f67859a4e5d6795a4ca30",
	"keyword": "01040405060000000000000000000000000076ca65fa532efea2d73e4cb2775f" +
		"96cfb650d5c8c9dbb78594a01f4cf8bb3bfef2b44eef12677c3e6f28630f9613" +
		"9e03045f1cea81b3",
	"local": "010876ca65fa532efea2d73e4cb2775f96cfb650d5c8c9dbb78594a01f4cf8bb" +
		"3bfe708b7d8b707d1e60960b99014423eba3db304d01ba88",
	"login salt":    "e1c4412ef759b178ce4978d6cf98071b",
	"mailbox token": "c0dc141eeecf05ad50a3a8c4d69ec432",
	"name": "01030405060000000000000000000000000076ca65fa532efea2d73e4cb2775f" +
		"96cfb650d5c8c9dbb78594a01f4cf8bb3bfe22cb58d12ccf6a1ec1582b8ec86a" +
		"56e65507a331",
	"summary": "01020405060000000000000000000000000076ca65fa532efea2d73e4cb2775f" +
		"96cfb650d5c8c9dbb78594a01f4cf8bb3bfe30d7af5ad46c12c53c93e67ab949" +
		"6337c82b9b70801083",
	"verifier": "01060405060000000000000000000000000076ca65fa532efea2d73e4cb2775f" +
		"96cfb650d5c8c9dbb78594a01f4cf8bb3bfe467d1a653d18ae801a2fe435b76f" +
		"6c5daa",
	"wrapped": "010776ca65fa532efea2d73e4cb2775f96cfb650d5c8c9dbb78594a01f4cf8bb" +
		"3bfe3175df098fb4a2d9bab159464333396382fc8607a1018aae9a311416e58a" +
		"8ef34f3bd57b715301955d7121d552df4190",
}

func goldenOutputs() map[string][]byte {
	group := must(ParseGroupKey([32]byte{1, 2, 3}))
	keys := NewKeys(group, [32]byte{4, 5, 6})
	key, r, context := testAccountKey("golden"), testRecord(), []byte("context")
	out := map[string][]byte{
		"wrapped":  must(Wrap(fixed("s"), keys, Token{1}, 2, key)),
		"name":     must(SealSmall(fixed("s"), key, KindName, r, context, []byte("Work"))),
		"keyword":  must(SealSmall(fixed("s"), key, KindKeyword, r, context, []byte("$later"))),
		"verifier": must(SealSmall(fixed("s"), key, KindVerifier, r, context, []byte("v"))),
		"address":  must(SealAddress(fixed("s"), keys, r, context, []byte("a@b"))),
		"body":     must(SealBody(fixed("s"), key, r, []byte("Subject: x\r\n\r\n"))),
		"empty":    must(SealBody(fixed("s"), key, r, nil)),
		"local": must(SealLocal(fixed("s"), platform{name: "golden", key: [32]byte{7}}, "p",
			Local{GenesisHash: [32]byte{8}, Replica: 2}, context, []byte("secret"))),
	}
	out["summary"] = must(SealSummary(fixed("s"), key, r, Sum(out["body"]), []byte("summary")))
	long := Sum(must(SealBody(fixed("s"), key, r, text(2*SegmentBytes+1))))
	out["digest of three segments"] = long[:]
	account := AccountToken(keys, "a@b")
	mailbox, keyword := MailboxToken(key, 3, "Work"), KeywordToken(key, "x")
	salt := LoginSalt(keys, account)
	out["login salt"] = salt[:]
	out["account token"], out["mailbox token"], out["keyword token"] = account[:], mailbox[:], keyword[:]
	for _, p := range purposes {
		sub := keys.Key(p)
		out["key "+strings.TrimPrefix(string(p), prefix)] = sub[:]
	}
	return out
}

func TestGolden(t *testing.T) {
	out := goldenOutputs()
	for name, b := range out {
		if got := hex.EncodeToString(b); got != golden[name] {
			t.Errorf("the format drifted: %q: %q,", name, got)
		}
	}
	if len(out) != len(golden) {
		t.Errorf("%d outputs, %d golden", len(out), len(golden))
	}
}
