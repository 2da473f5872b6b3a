package mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    private static final CommandSpec SPEC = new CommandSpec(
            "cook",
            "DISH [GUESTS]",
            1,
            2,
            false,
            "",
            List.of(
                    OptionSpec.flag("--fast", "").or("-f"),
                    OptionSpec.value("--salt", "GRAMS", ""),
                    OptionSpec.repeated("--herb", "NAME", "").or("-H")),
            "");
    private static final CommandSpec VERBATIM =
            new CommandSpec("run", "COMMAND...", 1, 99, true, "", SPEC.options(), "");

    @Test
    void optionsStandAnywhere() throws UsageException {
        Arguments arguments = parse(SPEC, "soup", "--salt", "3", "-f", "-H", "dill", "--herb=a=b", "4");
        assertThat(arguments.parameters()).containsExactly("soup", "4");
        assertThat(arguments.flag("--fast")).isTrue();
        assertThat(arguments.whole("--salt")).contains(3L);
        assertThat(arguments.all("--herb")).containsExactly("dill", "a=b");
        assertThat(arguments.flag("--json")).isFalse();
    }

    @Test
    void twoDashesEndThem() throws UsageException {
        assertThat(parse(SPEC, "--", "--fast", "-").parameters()).containsExactly("--fast", "-");
        assertThat(parse(SPEC, "-").parameters()).containsExactly("-");
    }

    @Test
    void aCommandKeepsItsOwnOptions() throws UsageException {
        assertThat(parse(VERBATIM, "--fast", "ls", "--fast", "--", "x").parameters())
                .containsExactly("ls", "--fast", "--", "x");
        assertThat(parse(VERBATIM, "--salt", "1", "--", "--", "x").parameters()).containsExactly("--", "x");
    }

    @Test
    void mistakesAreNamed() {
        assertThat(mistake("soup", "--slat", "3")).isEqualTo("mayfly cook has no option --slat; did you mean --salt?");
        assertThat(mistake("soup", "--salt")).isEqualTo("--salt needs a value: --salt GRAMS");
        assertThat(mistake("soup", "--fast=yes")).isEqualTo("--fast takes no value");
        assertThat(mistake("soup", "--salt", "1", "--salt=2")).isEqualTo("--salt is given more than once");
        assertThat(mistake()).isEqualTo("usage: mayfly cook DISH [GUESTS]; something is missing");
        assertThat(mistake("a", "b", "c")).isEqualTo("usage: mayfly cook DISH [GUESTS]; too much: c");
        assertThat(catchThrowableOfType(
                        UsageException.class,
                        () -> parse(SPEC, "soup", "--salt", "-1").whole("--salt")))
                .hasMessage("--salt must be a whole number; found -1");
    }

    private static Arguments parse(CommandSpec spec, String... words) throws UsageException {
        return Arguments.parse(spec, List.of(words));
    }

    private static String mistake(String... words) {
        return catchThrowableOfType(UsageException.class, () -> parse(SPEC, words))
                .getMessage();
    }
}
