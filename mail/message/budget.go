package message

import "errors"

// Default limits of one Scan; see Budget for what each of them counts.
const (
	// MaxHeaderBytes bounds the header bytes read in one message, all parts together (1 MiB).
	MaxHeaderBytes = 1 << 20
	// MaxHeaderFields bounds the header fields read in one message, all parts together.
	MaxHeaderFields = 5000
	// MaxDepth bounds how deep multiparts and embedded messages nest; the message itself is at 0.
	MaxDepth = 50
	// MaxParts bounds the parts of one message, itself included.
	MaxParts = 1000
	// MaxParams bounds the parameters of one header field, RFC 2231 pieces counted singly.
	MaxParams = 100
	// MaxParamBytes bounds the names and values of one field's parameters together, in bytes.
	MaxParamBytes = 16 << 10
	// MaxAddresses bounds the addresses in all envelopes of one message, group marks included.
	MaxAddresses = 10000
	// MaxRawBytes bounds the message that is looked into at all: offsets fit in 31 bits.
	MaxRawBytes = 1<<31 - 1

	// maxCommentDepth bounds nested comments in a header field; deeper parentheses are plain bytes.
	maxCommentDepth = 16
	// maxBoundaryBytes bounds a multipart boundary (RFC 2046 5.1.1 allows 70); a longer one is none.
	maxBoundaryBytes = 250
)

// Errors of this package. They are about requests for sections and about summaries: Scan has none.
var (
	// ErrNeedsBody is returned when a summary cannot answer and the message itself can: load it, Scan
	// it, and ask the Structure.
	ErrNeedsBody = errors.New("message: the summary does not tell, the body is needed")
	// ErrNoSection is returned for a section that the message does not have.
	ErrNoSection = errors.New("message: no such section")
	// ErrUnknownEncoding is returned when a part's transfer encoding is not one that can be decoded
	// (IMAP: NO [UNKNOWN-CTE], RFC 3516).
	ErrUnknownEncoding = errors.New("message: unknown content transfer encoding")
	// ErrSummary is returned for bytes that are not a summary.
	ErrSummary = errors.New("message: not a valid summary")
	// ErrCriteria is returned for search criteria that are too deep, too many, or that name sets which
	// the caller had to resolve first ("*" and "$").
	ErrCriteria = errors.New("message: search criteria too deep, too many or not resolved")
)

// Budget limits how far Scan looks into one message. A budget is never an error: what lies beyond it
// is left opaque. Every limit counts exactly what the constant of the same name says.
type Budget struct {
	HeaderBytes  int // bytes, all headers together
	HeaderFields int // fields, all headers together
	Depth        int // levels of nesting
	Parts        int // parts, the message itself included; at least 1 is used
	Params       int // parameters of a field
	ParamBytes   int // bytes of a field's parameters
	Addresses    int // addresses, all envelopes together
}

// DefaultBudget returns the limits that delivery uses. Replicas must use the same ones.
func DefaultBudget() Budget {
	return Budget{
		HeaderBytes:  MaxHeaderBytes,
		HeaderFields: MaxHeaderFields,
		Depth:        MaxDepth,
		Parts:        MaxParts,
		Params:       MaxParams,
		ParamBytes:   MaxParamBytes,
		Addresses:    MaxAddresses,
	}
}
