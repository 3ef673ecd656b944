package onboarding

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// MaxUserID is the length of the longest user ID, in bytes.
const MaxUserID = 255

// ErrUserID is wrapped by every error of CheckUserID.
var ErrUserID = errors.New("unusable user ID")

// CheckUserID says why id cannot be a user ID, or returns nil. A user ID is the
// merchant's own, opaque and case-sensitive: 1 to 255 bytes of valid UTF-8
// without control characters (C0, DEL, C1). It is never trimmed or parsed.
func CheckUserID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("%w: empty", ErrUserID)
	case len(id) > MaxUserID:
		return fmt.Errorf("%w: longer than %d bytes", ErrUserID, MaxUserID)
	case !utf8.ValidString(id):
		return fmt.Errorf("%w: not valid UTF-8", ErrUserID)
	}
	for _, r := range id {
		if r < 0x20 || r >= 0x7f && r <= 0x9f {
			return fmt.Errorf("%w: holds a control character", ErrUserID)
		}
	}
	return nil
}
