package dev.rouse.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

class DispatchOptionsTest {

    @Test
    void takesEachLimitAndRefusesWhatIsPastIt() {
        DispatchOptions options = DispatchOptions.defaults();
        assertThat(options.withShards(1).shards()).isEqualTo(1);
        assertThat(options.withShards(1_024).shards()).isEqualTo(1_024);
        assertThat(options.withTimersPerShard(1).timersPerShard()).isEqualTo(1);
        assertThat(options.withTimersPerShard(Integer.MAX_VALUE).timersPerShard())
                .isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(() -> options.withShards(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("shards is out of range: value=0, least=1, most=1024");
        assertThatThrownBy(() -> options.withShards(1_025))
                .hasMessage("shards is out of range: value=1025, least=1, most=1024");
        assertThatThrownBy(() -> options.withTimersPerShard(0))
                .hasMessage("timersPerShard is out of range: value=0, least=1, most=2147483647");
    }

    @Test
    void eachChangeChangesOneThing() {
        Clock clock = () -> 7;
        DispatchOptions options = DispatchOptions.defaults()
                .withName("n")
                .withShards(3)
                .withEngine(Engine.PORTABLE)
                .withClock(clock)
                .withTimersPerShard(9);
        assertThat(options)
                .isEqualTo(new DispatchOptions("n", 3, Engine.PORTABLE, clock, null, null, 9, options.loggers()));
    }

    @Test
    @EnabledIfSystemProperty(named = "rouse.test.engine", matches = "carrier")
    void theCarrierEngineIsPreferredWhereTheFlagIsThere() {
        assertThat(Engine.preferred()).isEqualTo(Engine.CARRIER);
    }

    @Test
    @EnabledIfSystemProperty(named = "rouse.test.engine", matches = "portable")
    void theCarrierEngineNamesTheFlagThatIsMissing() {
        assertThat(Engine.preferred()).isEqualTo(Engine.PORTABLE);
        DispatchOptions options = DispatchOptions.defaults().withEngine(Engine.CARRIER);
        assertThatThrownBy(() -> Dispatcher.start(options))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the carrier engine needs the JVM flag --add-opens java.base/java.lang=ALL-UNNAMED;"
                        + " add it, or choose Engine.PORTABLE");
    }
}
