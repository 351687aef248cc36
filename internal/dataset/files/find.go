package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Variable names the environment's variable for the folder in which each data set has a folder.
const Variable = "ARBENCH_DATA"

// Home returns the folder in which each data set that is downloaded has a folder: ARBENCH_DATA, or
// else arbench in the user's folder for data.
func Home() (string, error) {
	if dir := os.Getenv(Variable); dir != "" {
		return dir, nil
	}
	return userHome()
}

// userHome returns the arbench of the XDG base directory specification.
func userHome() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "arbench"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no folder for data: %w: set %s", err, Variable)
	}
	return filepath.Join(home, ".local", "share", "arbench"), nil
}

// Find returns the first folder that holds a file of the set: dir, if that is not empty, or else the
// set's folder in ARBENCH_DATA, in the user's folder for data, or where a distribution installs it;
// and in each of them the folder that the set's archive unpacks to. The error of there being none
// says where it looked and how to get the files.
func (s *Set) Find(dir string) (string, error) {
	folders := s.folders(dir)
	for _, folder := range folders {
		for _, f := range s.Files {
			if _, err := locate(folder, f.Name); err == nil {
				return folder, nil
			}
		}
	}
	return "", fmt.Errorf("%s is not there: %s; looked in %s",
		s.Title, s.advice(dir), strings.Join(folders, ", "))
}

// folders lists where to look for the set.
func (s *Set) folders(dir string) []string {
	if dir != "" {
		return s.within(dir)
	}
	var out []string
	if data := os.Getenv(Variable); data != "" {
		out = append(out, s.within(filepath.Join(data, s.Name))...)
		if s.Folder != "" {
			out = append(out, filepath.Join(data, s.Folder))
		}
	}
	if home, err := userHome(); err == nil {
		out = append(out, s.within(filepath.Join(home, s.Name))...)
	}
	if s.System != "" {
		out = append(out, s.System)
	}
	return out
}

// within returns dir and the folder in it that the archive unpacks to.
func (s *Set) within(dir string) []string {
	if s.Folder == "" {
		return []string{dir}
	}
	return []string{dir, filepath.Join(dir, s.Folder)}
}

// advice says how to get the files, into dir if that is not empty.
func (s *Set) advice(dir string) string {
	var names []string
	for _, f := range s.Files {
		names = append(names, f.Name)
	}
	if dir != "" {
		return fmt.Sprintf("put %s, plain or .gz, into %s", strings.Join(names, ", "), dir)
	}
	ways := []string{fmt.Sprintf("run %q", "arbench data fetch "+s.Name)}
	if s.Package != "" {
		ways = append(ways, "install "+s.Package)
	}
	if home, err := Home(); err == nil {
		ways = append(ways, fmt.Sprintf("put %s, plain or .gz, into %s",
			strings.Join(names, ", "), filepath.Join(home, s.Name)))
	}
	ways = append(ways, fmt.Sprintf("name a folder that has a folder %q of them with --data DIR", s.Name))
	return strings.Join(ways, ", or ")
}

// locate returns the path of a file in a folder, plain or compressed.
func locate(folder, name string) (string, error) {
	plain := filepath.Join(folder, name)
	for _, p := range []string{plain, plain + ".gz"} {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s has neither %s nor %[2]s.gz: %w", folder, name, fs.ErrNotExist)
}
