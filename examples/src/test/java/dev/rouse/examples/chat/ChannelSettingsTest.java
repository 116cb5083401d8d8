package dev.rouse.examples.chat;

import static dev.rouse.examples.chat.ModeRequest.Sign.MINUS;
import static dev.rouse.examples.chat.ModeRequest.Sign.PLUS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.examples.chat.ChannelSettings.Viewer;
import dev.rouse.examples.chat.ModeRequest.Change;
import org.junit.jupiter.api.Test;

class ChannelSettingsTest {
    private final ChannelSettings settings = new ChannelSettings();

    @Test
    void aNewChannelHasNAndT() {
        assertThat(settings.describe(Viewer.MEMBER)).isEqualTo("+nt");
    }

    @Test
    void aFlagChangesOnce() {
        assertThat(settings.setFlag(new Change(PLUS, 'i', ""))).isTrue();
        assertThat(settings.setFlag(new Change(PLUS, 'i', ""))).isFalse();
        assertThat(settings.has('i')).isTrue();
        assertThat(settings.setFlag(new Change(MINUS, 'i', ""))).isTrue();
        assertThat(settings.setFlag(new Change(MINUS, 'i', ""))).isFalse();
    }

    @Test
    void theKeyIsShownToMembersOnly() {
        settings.setKey("s3cret");
        settings.setLimit(5);
        assertThat(settings.describe(Viewer.MEMBER)).isEqualTo("+ntlk 5 s3cret");
        assertThat(settings.describe(Viewer.OUTSIDER)).isEqualTo("+ntlk 5 *");
    }

    @Test
    void itOpensWithItsKeyOnly() {
        assertThat(settings.opensWith("")).isTrue();
        settings.setKey("k");
        assertThat(settings.opensWith("k")).isTrue();
        assertThat(settings.opensWith("K")).isFalse();
        assertThat(settings.opensWith("")).isFalse();
    }

    @Test
    void itIsFullAtItsLimit() {
        assertThat(settings.isFullWith(1_000)).isFalse();
        settings.setLimit(2);
        assertThat(settings.isFullWith(1)).isFalse();
        assertThat(settings.isFullWith(2)).isTrue();
    }
}
