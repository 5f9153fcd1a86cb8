package seal

import "testing"

func TestTokensSeparate(t *testing.T) {
	keys, account := testKeys("group"), testAccountKey("account")
	seen := map[Token]string{}
	for what, token := range map[string]Token{
		"address":            AccountToken(keys, "alice@example.org"),
		"other address":      AccountToken(keys, "alicf@example.org"),
		"empty address":      AccountToken(keys, ""),
		"other group":        AccountToken(testKeys("other"), "alice@example.org"),
		"name":               MailboxToken(account, 0, "Work"),
		"name under parent":  MailboxToken(account, 1, "Work"),
		"other case":         MailboxToken(account, 0, "work"),
		"empty name":         MailboxToken(account, 0, ""),
		"NUL":                MailboxToken(account, 0, "Work\x00"),
		"other account":      MailboxToken(testAccountKey("other"), 0, "Work"),
		"salt":               LoginSalt(keys, AccountToken(keys, "alice@example.org")),
		"other salt":         LoginSalt(keys, AccountToken(keys, "alicf@example.org")),
		"keyword":            KeywordToken(account, "work"),
		"keyword as a name":  KeywordToken(account, "Work"),
		"keyword of another": KeywordToken(testAccountKey("other"), "work"),
	} {
		if before, ok := seen[token]; ok {
			t.Errorf("%s and %s have the same token", before, what)
		}
		seen[token] = what
	}
	if MailboxToken(account, 5, "Work") != MailboxToken(testAccountKey("account"), 5, "Work") {
		t.Error("equal names have different tokens")
	}
}

// The bytes under the MAC cannot be read in two ways: tag, parent and text are told apart by lengths.
func TestTokenSameKeyOtherTag(t *testing.T) {
	key := Subkey{1}
	if token(key, tagMailbox, 0, "x") == token(key, tagKeyword, 0, "x") {
		t.Error("the tag is not authenticated")
	}
	if token(key, "a", 0x62000000, "") == token(key, "ab", 0, "") {
		t.Error("a tag runs into what follows")
	}
}
