package suite

// SetOptions sets options of a plugin, a pointer to a struct, as the keys of its table in a suite file
// would: each entry of set is "key=value" with a TOML value or a bare string. It asks the plugin's
// Validate, if it has one. The error holds every mistake, one a line.
func SetOptions(plugin any, set []string) error {
	r := &reader{}
	t := newTable(position{where: setFlag})
	r.override(t, r.overrides(set))
	r.bind(t, plugin)
	if len(r.mistakes) == 0 {
		r.validate(t, plugin)
	}
	return r.err()
}
