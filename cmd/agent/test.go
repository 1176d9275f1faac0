package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/atomicfile"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/docs"
	"jupyter-events-agent/internal/policytest"
)

// policyTests is one call of the command test.
type policyTests struct {
	run      string
	junit    string
	verbose  bool
	coverage bool
	init     bool
}

func testCommand(configFile *string) *cobra.Command {
	var t policyTests
	cmd := &cobra.Command{
		Use:   "test [FILE|FOLDER]...",
		Short: "Run policy tests: what of an event must and must not arrive at each output",
		Long: `Runs policy tests against the configuration. A test is an event, and what each
output is to receive of it and not to receive. The event goes the way of the real
ones, through its input, the output's policy and the code that the output writes
with; nothing is delivered. How to write one: ` + docs.Page("policy-tests.md") + `

Without arguments the tests are *.test.toml and *.test.ndjson beside the
configuration, and those in its folder tests. Exit code 0: all passed; 1: some
failed; 2: the configuration or a test file is wrong.`,
		Example: `  jupyter-events-agent test --init             # a first set, made from the schemas and the policy
  jupyter-events-agent test -v --run 'vendor'
  jupyter-events-agent test --junit report.xml tests/`,
		RunE: work(func(cmd *cobra.Command, args []string) error {
			match, err := regexp.Compile(t.run)
			if err != nil {
				return usage{fmt.Errorf("--run: %q is no regular expression: write \\ before ( ) [ ] { } . * + ? that stand for themselves", t.run)}
			}
			l, err := load(*configFile)
			if err != nil {
				return err
			}
			if t.init {
				return t.begin(l, args, cmd)
			}
			return t.all(l, args, match, cmd)
		}),
	}
	cmd.Flags().StringVar(&t.run, "run", "", "only tests whose name this `REGEXP` finds something in")
	cmd.Flags().BoolVarP(&t.verbose, "verbose", "v", false, "say of every test that it runs and how it ends")
	cmd.Flags().StringVar(&t.junit, "junit", "", "also write a report as JUnit XML to this `FILE`, - for standard output")
	cmd.Flags().BoolVar(&t.coverage, "coverage", false, "list the properties that no test has seen at an output")
	cmd.Flags().BoolVar(&t.init, "init", false, "write a first set of tests instead, to FILE or beside the configuration")
	return cmd
}

// all runs the tests of all files.
func (t *policyTests) all(l *loaded, args []string, match *regexp.Regexp, cmd *cobra.Command) error {
	agent, err := l.tested()
	if err != nil {
		return err
	}
	names, err := testFiles(l.config.File, args)
	if err != nil {
		return err
	}
	sets, err := readTests(agent, names)
	if err != nil {
		return err
	}
	to := io.Writer(cleaned{cmd.OutOrStdout()})
	if t.junit == "-" {
		to = cleaned{cmd.ErrOrStderr()}
	}
	coverage := policytest.NewCoverage(agent)
	var files []*policytest.File
	total, failed := 0, 0
	for i, tests := range sets {
		file := &policytest.File{Name: names[i]}
		for _, test := range tests {
			if !match.MatchString(test.Name) {
				continue
			}
			if t.verbose {
				policytest.Begin(to, test)
			}
			result := policytest.Run(test, coverage)
			result.Say(to, t.verbose)
			file.Results = append(file.Results, result)
		}
		file.Say(to)
		files = append(files, file)
		total, failed = total+len(file.Results), failed+file.Failed()
	}
	if t.run == "" || t.coverage {
		coverage.Say(to, t.coverage)
	}
	if err := t.report(files, cmd.OutOrStdout()); err != nil {
		return err
	}
	if total == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "warning: no test was run")
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, count(total, "test"))
	}
	return nil
}

// report writes the JUnit XML.
func (t *policyTests) report(files []*policytest.File, stdout io.Writer) error {
	switch t.junit {
	case "":
		return nil
	case "-":
		return policytest.JUnit(stdout, files)
	}
	var text bytes.Buffer
	if err := policytest.JUnit(&text, files); err != nil {
		return err
	}
	if err := atomicfile.Write(t.junit, text.Bytes(), 0o644, nil); err != nil {
		return fmt.Errorf("writing the JUnit report: %w: name a file in a folder that this user may write", err)
	}
	return nil
}

// tested is the configuration as policy tests see it.
func (l *loaded) tested() (*policytest.Agent, error) {
	a := &policytest.Agent{Registry: l.registry}
	for i := range l.config.Inputs {
		in := &l.config.Inputs[i]
		a.Inputs = append(a.Inputs, policytest.Input{Name: in.Name, Checker: l.checkers[i], Source: in.Rules.Source, MaxLine: maxLine(in)})
	}
	for i := range l.config.Outputs {
		out := &l.config.Outputs[i]
		filter := l.filters[i]
		if out.Policy.Consent != nil { // a test says itself who has said yes
			if a.Consent == nil {
				a.Consent = &policytest.Consent{}
			}
			policy, asked := out.Policy, *out.Policy.Consent
			asked.Yes, policy.Consent = a.Consent.Yes, &asked
			var err error
			if filter, _, err = filters.Compile(policy, l.registry); err != nil {
				return nil, fmt.Errorf("%s: %w", out.Where(), err)
			}
		}
		a.Outputs = append(a.Outputs, policytest.Output{Name: out.Name, Filter: filter, Config: out.Config, TrustedOnly: out.Policy.TrustedOnly})
	}
	return a, nil
}

// testFiles are the files of the arguments, or those of the configuration.
func testFiles(configFile string, args []string) (names []string, err error) {
	if len(args) == 0 {
		names, err = policytest.Find(filepath.Dir(configFile))
	}
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			return nil, usage{fmt.Errorf("%w: name test files, or folders of them", err)}
		case !info.IsDir():
			names = append(names, arg)
			continue
		}
		below, err := policytest.Below(arg)
		if err != nil {
			return nil, err
		}
		names = append(names, below...)
	}
	if err == nil && len(names) == 0 {
		err = usage{errors.New("there is no test: begin with test --init, or write one as " + docs.Page("policy-tests.md") + " describes, beside the configuration or in its folder tests")}
	}
	return names, err
}

// readTests are the tests of each file; the error is every mistake in them.
func readTests(agent *policytest.Agent, names []string) (sets [][]*policytest.Test, err error) {
	var mistakes config.Mistakes
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			mistakes = append(mistakes, fmt.Sprintf("%v: let this user read it", err))
			continue
		}
		tests, err := policytest.Read(agent, name, text)
		var wrong policytest.Mistakes
		if errors.As(err, &wrong) {
			mistakes = append(mistakes, wrong...)
		}
		sets = append(sets, tests)
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return sets, nil
}

// begin writes a first set of tests, having seen that they pass.
func (t *policyTests) begin(l *loaded, args []string, cmd *cobra.Command) error {
	if len(args) > 1 {
		return usage{errors.New("--init: writes one file: name at most one")}
	}
	name := strings.TrimSuffix(l.config.File, filepath.Ext(l.config.File)) + ".test.toml"
	if len(args) == 1 {
		name = args[0]
	}
	agent, err := l.tested()
	if err != nil {
		return err
	}
	text, skipped := policytest.Init(agent, filepath.Base(l.config.File))
	tests, err := policytest.Read(agent, name, text)
	if err != nil {
		return fmt.Errorf("the tests that were made cannot be read, so they are not written: %w", err)
	}
	for _, test := range tests {
		if r := policytest.Run(test, nil); len(r.Failures) > 0 {
			return fmt.Errorf("the test %q that was made does not pass, so none is written: %s", test.Name, r.Failures[0].Text)
		}
	}
	switch err := atomicfile.Create(name, text, 0o644); {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already, and is not written over: name another file, as in test --init tests/new.test.toml", name)
	case err != nil:
		return fmt.Errorf("writing %s: %w: name a file in a folder that this user may write", name, err)
	}
	out := cmd.OutOrStdout()
	for _, id := range skipped {
		fmt.Fprintf(out, "no event could be made up of schema %s: write a test of it yourself\n", visible(id))
	}
	fmt.Fprintf(out, "wrote %s with %s: read whether what they expect is right, then run jupyter-events-agent test\n", visible(name), count(len(tests), "test"))
	return nil
}

// cleaned writes lines without what would steer a terminal: a test's event may
// hold anything.
type cleaned struct{ to io.Writer }

// Write says of all of p that it is written, however long it became.
func (c cleaned) Write(p []byte) (int, error) {
	cells := strings.Split(string(p), "\t")
	for i := range cells {
		cells[i] = visible(cells[i])
	}
	if _, err := io.WriteString(c.to, strings.Join(cells, "\t")); err != nil {
		return 0, err
	}
	return len(p), nil
}
