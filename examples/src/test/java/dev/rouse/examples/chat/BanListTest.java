package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.examples.chat.BanList.Ban;
import dev.rouse.examples.chat.BanList.Outcome;
import org.junit.jupiter.api.Test;

class BanListTest {
    private final BanList bans = new BanList();

    private static Ban ban(String mask) {
        return new Ban(mask, "op", 0);
    }

    @Test
    void aBanCoversWhatItsMaskMatches() {
        bans.add(ban("*!*@10.*"));
        assertThat(bans.covers("bob!b@10.1.1.1")).isTrue();
        assertThat(bans.covers("bob!b@11.1.1.1")).isFalse();
    }

    @Test
    void theSameMaskIsKeptOnceWhateverItsCase() {
        assertThat(bans.add(ban("bob!*@*"))).isEqualTo(Outcome.DONE);
        assertThat(bans.add(ban("BOB!*@*"))).isEqualTo(Outcome.UNCHANGED);
        assertThat(bans.all()).hasSize(1);
    }

    @Test
    void aRemovedBanNoLongerCovers() {
        bans.add(ban("bob!*@*"));
        assertThat(bans.remove("Bob!*@*")).isEqualTo(Outcome.DONE);
        assertThat(bans.remove("bob!*@*")).isEqualTo(Outcome.UNCHANGED);
        assertThat(bans.covers("bob!b@h")).isFalse();
    }

    @Test
    void itHoldsSixtyFourAndNotOneMore() {
        for (int i = 0; i < 64; i++) {
            assertThat(bans.add(ban("n" + i + "!*@*"))).isEqualTo(Outcome.DONE);
        }
        assertThat(bans.add(ban("more!*@*"))).isEqualTo(Outcome.FULL);
        assertThat(bans.all()).hasSize(64);
    }
}
