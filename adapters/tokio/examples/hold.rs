//! Holds a lock for some seconds and tells what happens to it:
//! `cargo run -p quorlock-tokio --example hold -- KEY SECONDS NODE...`

use core::error::Error;
use core::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(key), Some(seconds)) = (arguments.next(), arguments.next()) else {
        return Err("usage: hold KEY SECONDS NODE...".into());
    };
    let work = tokio::time::sleep(Duration::from_secs(seconds.parse()?));
    let client = quorlock_tokio::builder().nodes(arguments)?.build()?;

    let request = client.lock(key).ttl(Duration::from_secs(3));
    let guard = request.acquire_within(Duration::from_secs(30)).await?;
    let grant = guard.grant();
    println!("acquired in {:.1?} from {}", grant.waited, grant.nodes);
    match guard.run(work).await {
        Ok(()) => println!("done after {} extensions", guard.extension().count),
        Err(lost) => println!("stopped: {lost}"),
    }
    println!("{}", guard.release().await);

    let report = client.close(Duration::from_secs(2)).await;
    println!("not confirmed: {}", report.unconfirmed);
    Ok(())
}
