package dev.rouse.dispatch;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "rouse.test.engine", matches = "portable")
class PortableShardTest extends ShardContract {

    @Override
    Engine engine() {
        return Engine.PORTABLE;
    }
}
