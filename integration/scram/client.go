package scram

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"
)

// Client is one login. It refuses a server that does not show that it knows the password.
type Client struct {
	username, password string
	nonce              string
	bare               string // of the first message
	signature          []byte // what the server must show
	Verified           bool   // it did
}

var _ sasl.Client = (*Client)(nil)

// New returns a client for one login.
func New(username, password string) *Client {
	return &Client{username: username, password: password, nonce: rand.Text()}
}

// Start implements sasl.Client.
func (c *Client) Start() (mechanism string, response []byte, err error) {
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(c.username)
	c.bare = "n=" + name + ",r=" + c.nonce
	return "SCRAM-SHA-256", []byte("n,," + c.bare), nil
}

// Next implements sasl.Client.
func (c *Client) Next(challenge []byte) ([]byte, error) {
	if c.signature == nil {
		return c.prove(string(challenge))
	}
	shown, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(challenge), "v="))
	if err != nil || !hmac.Equal(shown, c.signature) {
		return nil, errors.New("scram: the server does not know the password")
	}
	c.Verified = true
	return []byte{}, nil
}

func (c *Client) prove(challenge string) ([]byte, error) {
	parts := strings.Split(challenge, ",")
	if len(parts) != 3 || !strings.HasPrefix(parts[0], "r="+c.nonce) || len(parts[0]) < len(c.nonce)+2+16 {
		return nil, fmt.Errorf("scram: challenge %q", challenge)
	}
	salt, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(parts[1], "s="))
	if err != nil || len(salt) < 16 {
		return nil, fmt.Errorf("scram: salt in %q", challenge)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(parts[2], "i="))
	if err != nil || n < 4096 {
		return nil, fmt.Errorf("scram: iterations in %q", challenge)
	}
	salted, err := pbkdf2.Key(sha256.New, c.password, salt, n, sha256.Size)
	if err != nil {
		return nil, err
	}
	final := "c=biws," + parts[0]
	message := c.bare + "," + challenge + "," + final
	key := mac(salted, "Client Key")
	stored := sha256.Sum256(key)
	proof := make([]byte, len(key))
	subtle.XORBytes(proof, key, mac(stored[:], message))
	c.signature = mac(mac(salted, "Server Key"), message)
	return []byte(final + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
