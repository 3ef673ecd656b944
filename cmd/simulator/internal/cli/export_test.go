package cli

// Tries gives the commands that a reader may copy.
func Tries(public, admin, user, sepa string) [][2]string {
	return plan{Public: public, Admin: admin}.tries(user, sepa)
}
