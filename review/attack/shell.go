package attack

import "strings"

// shapesOfShell are slow by the shell code of a RUN.
var shapesOfShell = []Shape{
	{Name: "apt_many", Make: func(n int) map[string]string {
		return file("FROM debian:12\nRUN true" + times(" && apt-get install a", min(n, maxLine)) + "\n")
	}},
	{Name: "apt_many_cont", Make: func(n int) map[string]string {
		return file("FROM debian:12\nRUN true" + times(" \\\n && apt-get install a", min(n, maxScript)) + "\n")
	}},
	{Name: "apt_pad", Make: func(n int) map[string]string {
		return file("FROM debian:12\nRUN : " + strings.Repeat("x", 60_000) + " \\\n" +
			times("&& apt-get install a \\\n", min(n, 60<<10)) + " && true\n")
	}},
	{Name: "bare_vars", Make: func(n int) map[string]string { return shell("debian", "$a$a$a$a\n", n) }},
	{Name: "case_arms", Make: func(n int) map[string]string {
		return bash("case $a in\n" + times("x|y*) cd a ;;\n", min(n, maxScript)) + "esac")
	}},
	{Name: "case_nested", Make: func(n int) map[string]string {
		return bash(times("case a in a) ", min(n, maxScript)/2) + times(";; esac\n", min(n, maxScript)/2))
	}},
	{Name: "cd_heredoc", Make: func(n int) map[string]string { return shell("debian:12", "apt-get install a\n", n) }},
	{Name: "cd_many", Make: func(n int) map[string]string {
		return file("FROM debian:12\nRUN cd x" + times(" ; cd x", min(n, maxLine)) + "\n")
	}},
	{Name: "curl_pipe", Make: func(n int) map[string]string { return shell("debian", "curl http://a | sh\n", n) }},
	{Name: "dollar_paren", Make: func(n int) map[string]string {
		k := min(n, maxScript) / 8
		return bash("echo " + strings.Repeat("$(echo ", k) + strings.Repeat(")", k))
	}},
	{Name: "echo_secret", Make: func(n int) map[string]string {
		return shell("debian", "curl -u user:hunter2passw0rd "+
			"http://a\n", n)
	}},
	{Name: "expansions_nested", Make: func(n int) map[string]string {
		k := min(n, maxScript) / 6
		return bash("echo " + strings.Repeat("${a:-", k) + strings.Repeat("}", k))
	}},
	{Name: "heredoc_huge", Make: func(n int) map[string]string {
		return file("FROM a\nRUN <<E\n" + times("apt-get install a\n", n) + "E\n")
	}},
	{Name: "heredoc_trees", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + lines("RUN <<A <<B\ncat <<C\nx\nC\ncd y\nA\napt-get install a\nB\n", 1, n))
	}},
	{Name: "one_line_semicolons",
		Make: func(n int) map[string]string { return file("FROM a\nRUN a" + times(";a", min(n, maxLine)) + "\n") }},
	{Name: "pipes_without_pipefail", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + lines("RUN a | b | c\n", 1, n))
	}},
	{Name: "redirects", Make: func(n int) map[string]string { return bash("a" + times(" >b", min(n, maxScript))) }},
	{Name: "run_chain_long", Make: func(n int) map[string]string {
		return file("FROM debian\n" + lines("RUN a"+strings.Repeat(" && a", 100)+"\n", 1, n))
	}},
	{Name: "sh_and", Make: func(n int) map[string]string { return shell("a", "cd a&&", n) }},
	{Name: "sh_arith", Make: func(n int) map[string]string {
		return bash("echo $((" + times("-", min(n, maxScript)) +
			"1))")
	}},
	{Name: "sh_arith_bracket",
		Make: func(n int) map[string]string { return bash("echo " + times("$[", min(n, maxScript))) }},
	{Name: "sh_brace", Make: func(n int) map[string]string { return shell("a", "a{b,c}", n) }},
	{Name: "sh_conditions",
		Make: func(n int) map[string]string { return bash("[[ " + times("! ", min(n, maxScript)) + "a ]]") }},
	{Name: "sh_coproc",
		Make: func(n int) map[string]string { return bash(times("coproc a ", min(n, maxScript)) + "{ a; }") }},
	{Name: "sh_function",
		Make: func(n int) map[string]string { return bash(times("function a ", min(n, maxScript)) + "{ a; }") }},
	{Name: "sh_heredocs", Make: func(n int) map[string]string { return shell("a", "cat <<X;", n) }},
	{Name: "sh_if_amp", Make: func(n int) map[string]string {
		return file("FROM a\nRUN <<E\nif a" + times("&if a", min(n, maxScript)) + "\nE\n")
	}},
	{Name: "sh_loops", Make: func(n int) map[string]string { return shell("a", "for i in a b; do cd $i; done\n", n) }},
	{Name: "sh_pipe", Make: func(n int) map[string]string { return shell("a", "a|", n) }},
	{Name: "sh_quotes", Make: func(n int) map[string]string { return shell("a", `"a"`, n) }},
	{Name: "sh_subscript", Make: func(n int) map[string]string {
		return file("FROM a\nSHELL [\"/bin/bash\",\"-c\"]\nRUN " + times("a[", min(n, maxLine)) + "\n")
	}},
	{Name: "sh_subscript_cont", Make: func(n int) map[string]string { return bash(times("a[", min(n, maxScript))) }},
	{Name: "sh_subshells", Make: func(n int) map[string]string {
		return bash(times("(", min(n, maxScript)/2) + "a" + times(")", min(n, maxScript)/2))
	}},
	{Name: "sudo_wrap", Make: func(n int) map[string]string {
		return file("FROM a\nRUN <<E\n" + times("sudo ", min(n, maxScript)) + "a\nE\n")
	}},
	{Name: "sudo_wrap_many",
		Make: func(n int) map[string]string { return shell("a", strings.Repeat("sudo ", 100)+"a\n", n) }},
	{Name: "utf8_bad", Make: func(n int) map[string]string { return shell("debian", "cd \xff\xfe\n", n) }},
	{Name: "xargs_wrap", Make: func(n int) map[string]string {
		return shell("a", "find . | xargs -0 env A=b nice "+
			"sudo rm -rf\n", n)
	}},
}
