from tests.chat.person import Person


async def test_redeem(anna: Person) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    print(anna.transcript())
    await anna.hears("SPRING")
    print(anna.transcript())
