package dev.rouse.examples.chat;

import static dev.rouse.examples.chat.ModeRequest.Sign.MINUS;
import static dev.rouse.examples.chat.ModeRequest.Sign.PLUS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.examples.chat.ModeRequest.Change;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModeRequestTest {
    private static List<ModeRequest> parse(String letters, String... arguments) {
        return ModeRequest.parse(letters, List.of(arguments));
    }

    @Test
    void flagsTakeNoArgument() {
        assertThat(parse("+im-t", "unused"))
                .containsExactly(new Change(PLUS, 'i', ""), new Change(PLUS, 'm', ""), new Change(MINUS, 't', ""));
    }

    @Test
    void plusIsUnderstoodWhereNoSignStands() {
        assertThat(parse("n")).containsExactly(new Change(PLUS, 'n', ""));
    }

    @Test
    void argumentsAreTakenInOrder() {
        assertThat(parse("+ov-v+lk", "ann", "bob", "cid", "5", "key"))
                .containsExactly(
                        new Change(PLUS, 'o', "ann"),
                        new Change(PLUS, 'v', "bob"),
                        new Change(MINUS, 'v', "cid"),
                        new Change(PLUS, 'l', "5"),
                        new Change(PLUS, 'k', "key"));
    }

    @Test
    void theLimitIsClearedWithoutArgument() {
        assertThat(parse("-lo", "ann")).containsExactly(new Change(MINUS, 'l', ""), new Change(MINUS, 'o', "ann"));
    }

    @Test
    void theKeyIsClearedWithAnyArgumentOrNone() {
        assertThat(parse("-k", "old")).containsExactly(new Change(MINUS, 'k', "old"));
        assertThat(parse("-k")).containsExactly(new Change(MINUS, 'k', "*"));
    }

    @Test
    void bWithoutMaskShowsTheList() {
        assertThat(parse("b")).containsExactly(new ModeRequest.ShowBans());
        assertThat(parse("+b", "*!*@h")).containsExactly(new Change(PLUS, 'b', "*!*@h"));
    }

    @Test
    void anUnknownLetterIsReportedAndTakesNoArgument() {
        assertThat(parse("+zo", "ann")).containsExactly(new ModeRequest.Unknown('z'), new Change(PLUS, 'o', "ann"));
    }

    @Test
    void aMissingArgumentIsReported() {
        assertThat(parse("+o+l+k"))
                .containsExactly(
                        new ModeRequest.MissingArgument('o'),
                        new ModeRequest.MissingArgument('l'),
                        new ModeRequest.MissingArgument('k'));
    }

    /// A line of letters was a list of bans for each: megabytes for one line.
    @Test
    void whatIsOnlyAnsweredIsReadOnce() {
        assertThat(parse("bbb+b-bzzyz+oo"))
                .containsExactly(
                        new ModeRequest.ShowBans(),
                        new ModeRequest.Unknown('z'),
                        new ModeRequest.Unknown('y'),
                        new ModeRequest.MissingArgument('o'));
        assertThat(parse("+i-i+i")).hasSize(3);
    }

    @Test
    void sixArgumentsAreTakenAndTheSeventhIsLeftOut() {
        List<ModeRequest> requests = ModeRequest.parse("+ooooooot", Collections.nCopies(7, "x"));
        assertThat(requests).hasSize(7);
        assertThat(requests.getLast()).isEqualTo(new Change(PLUS, 't', ""));
    }

    @Test
    void changesAreWrittenWithOneSignPerRun() {
        assertThat(ModeRequest.format(List.of(
                        new Change(PLUS, 'o', "a"),
                        new Change(PLUS, 'n', ""),
                        new Change(MINUS, 'v', "b"),
                        new Change(PLUS, 'l', "3"))))
                .isEqualTo("+on-v+l a b 3");
    }
}
